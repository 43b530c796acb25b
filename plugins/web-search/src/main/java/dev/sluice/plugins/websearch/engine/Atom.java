package dev.sluice.plugins.websearch.engine;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** An Atom feed as arXiv writes it; document types and entities of its own are not read. */
final class Atom {
    private static final String NAMESPACE = "http://www.w3.org/2005/Atom";

    private Atom() {}

    /**
     * The entries, in order.
     *
     * @throws EngineException if it is no feed, or is cut, or its only entry is an error
     */
    static List<Found> read(byte[] feed) {
        try {
            XMLStreamReader reader = factory().createXMLStreamReader(new ByteArrayInputStream(feed));
            try {
                return entries(reader);
            } finally {
                reader.close();
            }
        } catch (XMLStreamException e) {
            throw new EngineException("the answer is no XML, or was cut");
        }
    }

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        return factory;
    }

    private static List<Found> entries(XMLStreamReader reader) throws XMLStreamException {
        List<Found> all = new ArrayList<>();
        boolean feed = false;
        while (reader.hasNext()) {
            if (reader.next() != XMLStreamConstants.START_ELEMENT || !NAMESPACE.equals(reader.getNamespaceURI())) {
                continue;
            }
            if (reader.getLocalName().equals("feed")) {
                feed = true;
            } else if (reader.getLocalName().equals("entry")) {
                all.add(entry(reader));
            }
        }
        if (!feed) {
            throw new EngineException("the answer is XML, but no Atom feed");
        }
        if (all.size() == 1 && all.get(0).url().contains("/api/errors")) {
            throw new EngineException("the query was refused");
        }
        return all;
    }

    private static Found entry(XMLStreamReader reader) throws XMLStreamException {
        String title = "";
        String id = "";
        String summary = "";
        String published = "";
        int depth = 1;
        while (depth > 0) {
            int event = reader.next();
            if (event == XMLStreamConstants.END_ELEMENT) {
                depth--;
            } else if (event == XMLStreamConstants.START_ELEMENT) {
                depth++;
                String name = NAMESPACE.equals(reader.getNamespaceURI()) ? reader.getLocalName() : "";
                switch (name) {
                    case "title" -> title = text(reader);
                    case "id" -> id = text(reader);
                    case "summary" -> summary = text(reader);
                    case "published" -> published = text(reader);
                    default -> {
                        continue;
                    }
                }
                depth--;
            }
        }
        return new Found(title, id, summary, published);
    }

    /** The text of an element and all below it; the reader stands at its end then. */
    private static String text(XMLStreamReader reader) throws XMLStreamException {
        StringBuilder text = new StringBuilder();
        int depth = 1;
        while (depth > 0) {
            int event = reader.next();
            if (event == XMLStreamConstants.START_ELEMENT) {
                depth++;
            } else if (event == XMLStreamConstants.END_ELEMENT) {
                depth--;
            } else if (event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA) {
                text.append(reader.getText());
            }
        }
        return text.toString().strip();
    }
}
