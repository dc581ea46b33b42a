// One warning, word for word, over each of these.

// BAD: never build a query from user input
db.query('SELECT * FROM users WHERE name = ' + name);

// BAD: never build a query from user input
db.query(`DELETE FROM notes WHERE id = ${id}`);

// BAD: never build a query from user input
db.query('UPDATE carts SET total = ' + total);
