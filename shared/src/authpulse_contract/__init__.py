"""What crosses a border in authpulse: events, commands, subjects, the health row, the sanitiser."""
