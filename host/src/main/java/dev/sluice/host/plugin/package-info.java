/** Jars, read into generations of plugins that can be opened as filters. */
@NullMarked
package dev.sluice.host.plugin;

import org.jspecify.annotations.NullMarked;
