package integration

import _ "modernc.org/sqlite" // the database of TestUpgradeAndRollback
