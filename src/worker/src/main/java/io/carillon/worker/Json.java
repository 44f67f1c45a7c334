package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;

/** Reads JSON of any length: the server bounds bodies as a whole, and a number or a name may be as long as that allows. */
final class Json {
    private Json() {}

    static JsonFactory factory() {
        return JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNumberLength(Integer.MAX_VALUE)
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .build())
                // names are the producers': kept for good they would fill the memory
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
    }
}
