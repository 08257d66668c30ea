using System.IO.Compression;

namespace AlexNetService.Api.Uploads;

/// <summary>The Content-Encoding of a request (RFC 9110, section 8.4).</summary>
internal static class SentEncoding
{
    /// <summary>
    /// The stream that decompresses a body as it is read, the body itself if it is not compressed, or null if its encoding is not
    /// supported. The body stays open: its bytes count in the budget until the request ends. Malformed data throws
    /// <see cref="InvalidDataException"/>.
    /// </summary>
    public static Stream? Decompress(HttpRequest request, Stream sent) =>
        request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
        {
            "" or "identity" => sent,
            "gzip" or "x-gzip" => new GZipStream(sent, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => new ZLibStream(sent, CompressionMode.Decompress, leaveOpen: true),
            _ => null,
        };

    /// <summary>Why the encoding of a request is refused.</summary>
    public static string Unsupported(HttpRequest request) =>
        $"Content-Encoding '{request.Headers.ContentEncoding}' is not supported. Use gzip, deflate or none.";

    /// <summary>Why malformed compressed data is refused.</summary>
    public const string Malformed = "The body cannot be decompressed as Content-Encoding says. Send it again.";
}
