/** The access log. */
@NullMarked
package dev.sluice.host.log;

import org.jspecify.annotations.NullMarked;
