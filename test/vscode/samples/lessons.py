"""Notes for new colleagues: what we do not want to see in a review."""

import hashlib
import sqlite3
import subprocess


# BAD: never build the query from what a visitor typed, a quote ends the string
def find_guest(connection, name):
    return connection.execute("SELECT * FROM guests WHERE name = '" + name + "'").fetchall()


# GOOD: the driver keeps the value apart from the query
def find_guest_safely(connection, name):
    return connection.execute("SELECT * FROM guests WHERE name = ?", (name,)).fetchall()


def store_password(password):
    # WRONG: a fast hash without salt is guessed in minutes
    return hashlib.md5(password.encode()).hexdigest()


def archive(folder):
    # DON'T do this: the shell reads the folder's name as a command
    subprocess.call("tar czf backup.tgz " + folder, shell=True)


def greet(name):
    return f"Good morning, {name}!"
