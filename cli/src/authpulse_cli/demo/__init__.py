"""The demonstration: a small scripted identity provider and connections that live through different fates with it."""
