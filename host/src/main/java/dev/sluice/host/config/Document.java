package dev.sluice.host.config;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What stands in a config's files.
 *
 * @param tree with placeholders resolved
 * @param written the same with placeholders as written
 */
record Document(ObjectNode tree, ObjectNode written, Places places) {}
