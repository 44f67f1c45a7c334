package io.carillon.platform.blob;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

class S3StoreTest extends BlobStoreContract {
    private final String bucket = "b-" + UUID.randomUUID();
    private final S3Client client = S3Server.client();
    private final S3Store store = new S3Store(client, bucket, "files/");

    @BeforeEach
    void makeBucket() {
        client.createBucket(request -> request.bucket(bucket));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    BlobStore store() {
        return store;
    }

    @Override
    List<String> everything() {
        List<String> all = new ArrayList<>();
        client.listObjectsV2(request -> request.bucket(bucket)).contents().stream()
                .map(S3Object::key)
                .forEach(all::add);
        client.listMultipartUploads(request -> request.bucket(bucket)).uploads().stream()
                .map(MultipartUpload::key)
                .forEach(all::add);
        return all;
    }
}
