/** The search engines: how each is asked, and how its answer is read. */
@NullMarked
package dev.sluice.plugins.websearch.engine;

import org.jspecify.annotations.NullMarked;
