package action

import _ "modernc.org/sqlite" // the generated tests play upgrades over a database
