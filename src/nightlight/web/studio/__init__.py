"""The studio's pages: clinicians write cards and scripts, try them, test them, review each other's and approve."""
