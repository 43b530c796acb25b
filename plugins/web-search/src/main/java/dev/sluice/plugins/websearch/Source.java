package dev.sluice.plugins.websearch;

/** A result as it is shown to the model and to the client: cleaned, and of bounded length. */
record Source(String title, String url, String content, String published) {}
