<?php

declare(strict_types=1);

// WRONG: whatever stands in the address is included, from this server or another
function showPage(): void
{
    $page = $_GET['page'];
    include($page . '.php');
}

// RIGHT: only pages that are known
function showKnownPage(string $page): void
{
    $known = ['home' => 'home.php', 'rooms' => 'rooms.php'];
    include(__DIR__ . '/pages/' . ($known[$page] ?? 'home.php'));
}

/**
 * Finds a guest by her email.
 *
 * Do NOT do this:
 * ```php
 * $result = mysqli_query($db, "SELECT * FROM guests WHERE email = '$_POST[email]'");
 * $guest = mysqli_fetch_assoc($result);
 * ```
 */
function findGuest(PDO $db, string $email): ?array
{
    $statement = $db->prepare('SELECT * FROM guests WHERE email = ?');
    $statement->execute([$email]);
    return $statement->fetch() ?: null;
}
