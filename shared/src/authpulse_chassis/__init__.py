"""What each authpulse process needs to start and to be watched: settings, migrations, logs, probes."""
