package io.carillon.stream;

import io.carillon.platform.json.RawJson;

/** Contract: bella-queue 7.3. */
final class NamedForm implements EventForm {
    @Override
    public byte[] piece(Progress progress) {
        return progress.frame().bytes();
    }

    @Override
    public byte[] whole(RawJson body) {
        return new Frame(null, "message", body).bytes();
    }

    @Override
    public byte[] error(RawJson error) {
        return Frame.error(error).bytes();
    }
}
