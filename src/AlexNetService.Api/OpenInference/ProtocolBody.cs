using System.IO.Compression;
using System.Net;

namespace AlexNetService.Api.OpenInference;

/// <summary>Reads the bodies of the protocol's requests.</summary>
internal static class ProtocolBody
{
    /// <summary>Reads and decompresses a body, which has at most the limit's bytes, both as sent and decompressed.</summary>
    public static async Task<Result<BodyBytes, ProtocolError>> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit)
        {
            return TooLarge(limit);
        }

        try
        {
            // The sent body is not disposed here: its bytes count in the budget until the request ends.
            var sent = request.BodyUpTo(limit);
            Stream? plain = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
            {
                "" or "identity" => sent,
                "gzip" or "x-gzip" => new GZipStream(sent, CompressionMode.Decompress, leaveOpen: true),
                "deflate" => new ZLibStream(sent, CompressionMode.Decompress, leaveOpen: true),
                _ => null,
            };
            if (plain is null)
            {
                return new ProtocolError(
                    HttpStatusCode.UnsupportedMediaType,
                    $"Content-Encoding '{request.Headers.ContentEncoding}' is not supported. Use gzip, deflate or none.");
            }

            await using var decompressing = plain == sent ? null : plain;
            return await BodyBytes.ReadAsync(plain, limit, plain == sent ? null : sent.Take, cancellation);
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
        HttpStatusCode.RequestEntityTooLarge,
        FormattableString.Invariant(
            $"The body is larger than {limit:N0} bytes, as sent or decompressed. Send fewer tensors in a request."));
}
