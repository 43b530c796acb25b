/** {@code model-router}: which model and provider serves a request, by its name or its text. */
@NullMarked
package dev.sluice.plugins.modelrouter;

import org.jspecify.annotations.NullMarked;
