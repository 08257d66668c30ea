using System.IO.Compression;
using AlexNetService.Api.Uploads;
using AlexNetService.OpenInference;

namespace AlexNetService.Api.OpenInference;

/// <summary>Reads the bodies of the protocol's requests.</summary>
internal static class ProtocolBody
{
    /// <summary>Reads and decompresses a body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">Maximum bytes, both as sent and decompressed.</param>
    /// <param name="cancellation">Cancelled when the client has left.</param>
    public static async Task<Result<BodyBytes, ProtocolError>> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit)
        {
            return TooLarge(limit);
        }

        try
        {
            var sent = new LimitedStream(request.Body, limit);
            await using Stream? plain = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
            {
                "" or "identity" => sent,
                "gzip" or "x-gzip" => new GZipStream(sent, CompressionMode.Decompress),
                "deflate" => new ZLibStream(sent, CompressionMode.Decompress),
                _ => null,
            };
            return plain is null
                ? new ProtocolError(
                    ProtocolErrorKind.UnsupportedEncoding,
                    $"Content-Encoding '{request.Headers.ContentEncoding}' is not supported. Use gzip, deflate or none.")
                : await BodyBytes.ReadAsync(new LimitedStream(plain, limit), cancellation);
        }
        catch (BodyTooLargeException)
        {
            return TooLarge(limit);
        }
        catch (InvalidDataException)
        {
            return ProtocolError.Invalid("The body cannot be decompressed as Content-Encoding says. Send it again.");
        }
    }

    private static ProtocolError TooLarge(int limit) => new(
        ProtocolErrorKind.TooLarge,
        FormattableString.Invariant(
            $"The body is larger than {limit:N0} bytes, as sent or decompressed. Send fewer tensors in a request."));
}
