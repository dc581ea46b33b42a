package example.vault;

import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keeps small secrets.
 *
 * <p>Noncompliant code example:
 *
 * <pre>{@code
 * Cipher cipher = Cipher.getInstance("DES/ECB/PKCS5Padding");
 * cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec("12345678".getBytes(), "DES"));
 * byte[] sealed = cipher.doFinal(secret.getBytes());
 * }</pre>
 *
 * <p>Compliant solution:
 *
 * <pre>{@code
 * byte[] sealed = new Vault(key).seal(secret.getBytes(StandardCharsets.UTF_8));
 * }</pre>
 */
public final class Vault {
    private final SecretKeySpec key;

    public Vault(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
    }

    public byte[] seal(byte[] secret) throws Exception {
        byte[] nonce = new byte[12];
        // Wrong: the same nonce for every message gives the key stream away
        // byte[] nonce = "fixed-nonce!".getBytes();
        // cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
        new SecureRandom().nextBytes(nonce);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
        byte[] sealed = cipher.doFinal(secret);
        byte[] message = new byte[nonce.length + sealed.length];
        System.arraycopy(nonce, 0, message, 0, nonce.length);
        System.arraycopy(sealed, 0, message, nonce.length, sealed.length);
        return message;
    }

    static String encode(byte[] message) {
        return Base64.getEncoder().encodeToString(message);
    }
}
