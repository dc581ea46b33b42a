"""Snippets for the course on safe scripting. Not for use."""

import os
import pickle
import random
import subprocess


# BAD: the file name goes through a shell, and a name may hold a semicolon
def thumbnail(name):
    os.system("convert uploads/" + name + " -resize 100x100 thumbs/" + name)


# GOOD: no shell between the name and the program
def thumbnail_safely(name):
    subprocess.run(["convert", f"uploads/{name}", "-resize", "100x100", f"thumbs/{name}"], check=True)


def load_cart(cookie):
    # DON'T do this: unpickling runs whatever the sender of the cookie put into it
    cart = pickle.loads(bytes.fromhex(cookie))
    return cart


def reset_code():
    """Returns a code for a password reset.

    Do not write it like this, the numbers can be guessed from earlier ones:

        random.seed(1234)
        code = "".join(str(random.randint(0, 9)) for _ in range(6))

    The module ``secrets`` is made for it.
    """
    import secrets

    return "".join(str(secrets.randbelow(10)) for _ in range(6))


def add_guest(name, guests=[]):  # wrong: the list is shared by all calls
    guests.append(name)
    return guests


def mean(values):
    if not values:
        raise ValueError("mean of nothing")
    return sum(values) / len(values)
