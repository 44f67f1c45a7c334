package io.carillon.platform.blob;

import java.net.URI;
import java.util.Optional;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobApiMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStoreContext;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** A server that speaks S3 and keeps what it gets in memory, as long as the JVM runs. */
final class S3Server {
    private static final String KEY = "a-key";
    private static final String SECRET = "a-secret";

    private S3Server() {}

    private static final class Started {
        static final S3Proxy PROXY = start();

        private static S3Proxy start() {
            try {
                BlobStoreContext context = ContextBuilder.newBuilder(new TransientNio2BlobApiMetadata())
                        .credentials(KEY, SECRET)
                        .build(BlobStoreContext.class);
                S3Proxy proxy = S3Proxy.builder()
                        .blobStore(context.getBlobStore())
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, KEY, SECRET)
                        .build();
                proxy.start();
                return proxy;
            } catch (Exception e) {
                throw new IllegalStateException("The S3 server does not start", e);
            }
        }
    }

    /** A client as the server makes its own. */
    static S3Client client() {
        return BlobBeans.s3("us-east-1", Optional.of(URI.create("http://127.0.0.1:" + Started.PROXY.getPort())), true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, SECRET)))
                .build();
    }
}
