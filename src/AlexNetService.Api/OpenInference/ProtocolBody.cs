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
            var sent = request.BodyUpTo(limit);
            if (SentEncoding.Decompress(request, sent) is not { } plain)
            {
                return new ProtocolError(HttpStatusCode.UnsupportedMediaType, SentEncoding.Unsupported(request));
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
            return ProtocolError.Invalid(SentEncoding.Malformed);
        }
    }

    private static ProtocolError TooLarge(int limit) => new(
        HttpStatusCode.RequestEntityTooLarge,
        FormattableString.Invariant(
            $"The body is larger than {limit:N0} bytes, as sent or decompressed. Send fewer tensors in a request."));
}
