package io.carillon.platform.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/** Writes user JSON as the bytes it came in, without decoding them. */
final class RawJsonSerializer extends StdSerializer<RawJson> {
    private static final long serialVersionUID = 1L;

    RawJsonSerializer() {
        super(RawJson.class);
    }

    @Override
    public void serialize(RawJson json, JsonGenerator out, SerializerProvider provider) throws IOException {
        out.writeRawValue(new Verbatim(json));
    }
}
