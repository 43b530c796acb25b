/** Swapping code and config under a gateway that serves: one change at a time, under load, and what is under way meanwhile. */
package dev.sluice.swap;
