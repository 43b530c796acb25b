/** The command line. */
@NullMarked
package dev.sluice.host.cli;

import org.jspecify.annotations.NullMarked;
