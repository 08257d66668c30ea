using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Problems;
using Microsoft.Extensions.Primitives;

namespace AlexNetService.Api.OpenInference;

/// <summary>The body of an inference request: JSON, and the bytes of tensors behind it.</summary>
/// <param name="bytes">All of it, decompressed.</param>
/// <param name="header">Length of the JSON.</param>
/// <param name="request">The JSON.</param>
internal sealed class InferBody(EncodedPicture bytes, int header, InferRequest request) : IDisposable
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    public InferRequest Request => request;

    /// <summary>What stands behind the JSON.</summary>
    public ReadOnlyMemory<byte> Binary => bytes.Bytes[header..];

    public ReadOnlySpan<byte> Text(JsonSlice slice) => bytes.Bytes.Span.Slice(slice.Start, slice.Length);

    public void Dispose() => bytes.Dispose();

    /// <summary>Reads, decompresses and parses.</summary>
    /// <param name="request">The request; the length of its JSON counts decompressed bytes.</param>
    /// <param name="limit">Bytes, as sent and as decompressed.</param>
    /// <param name="cancellation">The sender left.</param>
    /// <returns>Exactly one of the two.</returns>
    public static async Task<(InferBody? Body, Problem? Problem)> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        var (bytes, problem) = await BytesAsync(request, limit, cancellation);
        if (bytes is null)
        {
            return (null, problem);
        }

        try
        {
            var header = bytes.Bytes.Length;
            if (request.Headers.TryGetValue(HeaderLength, out var text)
                && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out header) && header <= bytes.Bytes.Length))
            {
                bytes.Dispose();
                return (null, OpenInferenceProblems.Bad($"{HeaderLength} is '{text}'; it is the length of the JSON, at most that of the body."));
            }

            var json = JsonSerializer.Deserialize<InferRequest>(bytes.Bytes.Span[..header]);
            if (json is not null)
            {
                return (new InferBody(bytes, header, json), null);
            }

            bytes.Dispose();
            return (null, OpenInferenceProblems.Bad("The body is null; send an object with inputs."));
        }
        catch (JsonException e)
        {
            bytes.Dispose();
            return (null, OpenInferenceProblems.Bad(
                $"The JSON cannot be read at {e.Path ?? "its beginning"}. Send what the Open Inference Protocol names there, at most {ShortList<long>.Limit} in a list."));
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>Reads a body, decompressed.</summary>
    public static async Task<(EncodedPicture? Bytes, Problem? Problem)> BytesAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit)
        {
            return (null, OpenInferenceProblems.TooLarge(limit));
        }

        try
        {
            var sent = new LimitedStream(request.Body, limit);
            await using Stream? plain = Encoding(request.Headers.ContentEncoding) switch
            {
                "" or "identity" => sent,
                "gzip" or "x-gzip" => new GZipStream(sent, CompressionMode.Decompress),
                "deflate" => new ZLibStream(sent, CompressionMode.Decompress),
                _ => null,
            };
            return plain is null
                ? (null, OpenInferenceProblems.UnknownEncoding(request.Headers.ContentEncoding))
                : (await EncodedPicture.ReadAsync(new LimitedStream(plain, limit), cancellation), null);
        }
        catch (BodyTooLargeException)
        {
            return (null, OpenInferenceProblems.TooLarge(limit));
        }
        catch (InvalidDataException)
        {
            return (null, OpenInferenceProblems.Bad("The body cannot be decompressed as its Content-Encoding says. Send it again, whole."));
        }
    }

    private static string Encoding(StringValues header) => header.ToString().Trim().ToLowerInvariant();
}
