using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using AlexNetService.Api.Classify;
using AlexNetService.Imaging;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Uploads;

/// <summary>
/// Reads the pictures of a request, and the parameters beside them: one picture as the raw body, as a field of a form or in JSON, or many
/// as fields of a form.
/// </summary>
internal sealed class UploadBody(HttpRequest request, UploadMetadata upload, ClassifyOptions options)
{
    public const string Multipart = "multipart/form-data";
    public const string Json = "application/json";

    // RFC 2046, section 5.1.1.
    private const int MaxBoundaryLength = 70;
    private const int MaxParameterBytes = 4096;

    // Of old browsers, of object stores, and of curl's --data-binary without a Content-Type. The decoder finds out what the bytes are.
    private static readonly string[] UnlistedRawTypes = ["image/pjpeg", "binary/octet-stream", "application/x-www-form-urlencoded"];

    private readonly string[] fields = [.. FieldsOf(upload.Many)];
    private readonly int maxBytes = upload.Many ? options.MaxBatchBytes : options.MaxBodyBytes;
    private readonly BudgetedBody sent = request.BodyUpTo(upload.Many ? options.MaxBatchBytes : options.MaxBodyBytes);
    private readonly Dictionary<string, string?> parameters = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Media types of a raw body. <c>image/jpg</c> is not registered, but many clients send it.</summary>
    public static IReadOnlyList<string> RawTypes { get; } = [.. ImageFormats.ContentTypes, "image/jpg", "application/octet-stream"];

    /// <summary>The parameters of the form or of the JSON, by name.</summary>
    public IReadOnlyDictionary<string, string?> Parameters => parameters;

    /// <summary>Names of the form fields with pictures; the first is the usual one.</summary>
    public static IReadOnlyList<string> FieldsOf(bool many) => many ? ["images", "images[]"] : ["image", "file", "photo", "images[]"];

    /// <summary>
    /// Adds each picture that it reads, or returns why the request is refused. The decoder decides later what the bytes are.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body ended before its announced length.</exception>
    public async Task<Problem?> ReadAsync(List<UploadedPicture> pictures, CancellationToken cancellation)
    {
        if (request.ContentLength > maxBytes)
        {
            return UploadProblems.TooLarge(maxBytes, upload.Many);
        }

        if (SentEncoding.Decompress(request, sent) is not { } plain)
        {
            return UploadProblems.UnsupportedType(SentEncoding.Unsupported(request));
        }

        await using var decompressing = plain == sent ? null : plain;
        Action<long>? count = plain == sent ? null : sent.Take;
        try
        {
            if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && IsA(type, Multipart))
            {
                return await ReadFormAsync(BoundaryOf(type), plain, count, pictures, cancellation);
            }

            if (upload.Many)
            {
                return UnsupportedType();
            }

            if (type is not null && IsA(type, Json))
            {
                return await ReadJsonAsync(plain, count, pictures, cancellation);
            }

            if (!(string.IsNullOrEmpty(request.ContentType) || IsSupported(type)))
            {
                return UnsupportedType();
            }

            pictures.Add(new UploadedPicture(fields[0], await BodyBytes.ReadAsync(plain, maxBytes, count, cancellation)));
            return null;
        }
        catch (BodyTooLargeException)
        {
            return UploadProblems.TooLarge(maxBytes, upload.Many);
        }
        catch (InvalidDataException)
        {
            return UploadProblems.BrokenBody(SentEncoding.Malformed);
        }
    }

    private async Task<Problem?> ReadFormAsync(
        string? boundary, Stream plain, Action<long>? count, List<UploadedPicture> pictures, CancellationToken cancellation)
    {
        if (boundary is null)
        {
            return UploadProblems.BrokenForm;
        }

        if (count is null)
        {
            return await ReadSectionsAsync(new MultipartReader(boundary, plain), count, pictures, cancellation);
        }

        // Decompressed as a whole first, which limits also what lies between the fields.
        using var form = await BodyBytes.ReadAsync(plain, maxBytes, count, cancellation);
        await using var stream = PipeReader.Create(new ReadOnlySequence<byte>(form.Bytes)).AsStream();
        return await ReadSectionsAsync(new MultipartReader(boundary, stream), count, pictures, cancellation);
    }

    private async Task<Problem?> ReadSectionsAsync(
        MultipartReader reader, Action<long>? count, List<UploadedPicture> pictures, CancellationToken cancellation)
    {
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                _ = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition);
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString();
                if (!fields.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    if (await ReadParameterAsync(name, section, cancellation) is { } refusal)
                    {
                        return refusal;
                    }

                    continue;
                }

                if (pictures.Count == (upload.Many ? options.MaxBatchImages : 1))
                {
                    return upload.Many ? UploadProblems.TooManyPictures(options.MaxBatchImages) : UploadProblems.SeveralPictures;
                }

                var content = await ReadPictureAsync(section, count, cancellation);
                if (!upload.Many && !content.TryGet(out _, out var problem))
                {
                    return problem;
                }

                pictures.Add(new UploadedPicture(NameOf(disposition, pictures.Count), content));
            }

            return pictures.Count == 0 ? UploadProblems.NoPicture(fields[0]) : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not (BadHttpRequestException or ConnectionResetException))
        {
            // MultipartReader throws these if a boundary is missing, or if headers are malformed or too many.
            return UploadProblems.BrokenForm;
        }
    }

    private async Task<Result<BodyBytes, Problem>> ReadPictureAsync(
        MultipartSection section, Action<long>? count, CancellationToken cancellation)
    {
        if (section.ContentType is { } text && !(MediaTypeHeaderValue.TryParse(text, out var type) && IsSupported(type)))
        {
            return UploadProblems.UnsupportedType($"Send each picture with Content-Type {string.Join(", ", RawTypes)}, or without one.");
        }

        try
        {
            return await BodyBytes.ReadAsync(section.Body, options.MaxBodyBytes, count, cancellation);
        }
        catch (BodyTooLargeException) when (!sent.IsTooLarge)
        {
            return UploadProblems.TooLarge(options.MaxBodyBytes, isBatch: false);
        }
    }

    private async Task<Problem?> ReadParameterAsync(string name, MultipartSection section, CancellationToken cancellation)
    {
        try
        {
            // The name is checked first: the fields that the route does not know are not read.
            if (Add("form field", name, value: null) is { } problem)
            {
                return problem;
            }

            using var text = await BodyBytes.ReadAsync(section.Body, MaxParameterBytes, count: null, cancellation);
            parameters[name] = Encoding.UTF8.GetString(text.Bytes.Span);
            return null;
        }
        catch (BodyTooLargeException) when (!sent.IsTooLarge)
        {
            return TooLong(name);
        }
    }

    /// <summary>Reads <c>{"image": "…"}</c>, a picture in base64 with the parameters beside it.</summary>
    private async Task<Problem?> ReadJsonAsync(
        Stream plain, Action<long>? count, List<UploadedPicture> pictures, CancellationToken cancellation)
    {
        using var json = await BodyBytes.ReadAsync(plain, maxBytes, count, cancellation);
        sent.TakeBase64(json.Bytes.Length);
        try
        {
            using var document = JsonDocument.Parse(json.Bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return UploadProblems.BrokenJson(fields[0]);
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (!member.NameEquals(fields[0]))
                {
                    var value = member.Value.ToString();
                    if ((value.Length > MaxParameterBytes ? TooLong(member.Name) : Add("JSON field", member.Name, value)) is { } refusal)
                    {
                        return refusal;
                    }

                    continue;
                }

                if (member.Value.ValueKind != JsonValueKind.String || !member.Value.TryGetBytesFromBase64(out var bytes))
                {
                    return UploadProblems.BrokenJson(fields[0]);
                }

                if (pictures.Count > 0)
                {
                    return UploadProblems.SeveralPictures;
                }

                using var picture = new MemoryStream(bytes);
                pictures.Add(new UploadedPicture(fields[0], await BodyBytes.ReadAsync(picture, maxBytes, sent.Take, cancellation)));
            }

            return pictures.Count == 0 ? UploadProblems.BrokenJson(fields[0]) : null;
        }
        catch (JsonException)
        {
            return UploadProblems.BrokenJson(fields[0]);
        }
    }

    /// <summary>Adds a parameter that the route knows and that was not sent before; otherwise returns why the request is refused.</summary>
    private Problem? Add(string kind, string name, string? value) =>
        !upload.Parameters.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? KnownParameters.Refuse(kind, name, [.. fields, .. upload.Parameters])
        : request.Query.ContainsKey(name) || !parameters.TryAdd(name, value)
            ? UploadProblems.BadParameter($"{name} was sent more than once. Send it once, in the query or in the body.")
        : null;

    private static Problem TooLong(string name) =>
        UploadProblems.BadParameter($"{name} is longer than {MaxParameterBytes} bytes. Send a shorter value.");

    private Problem UnsupportedType() => UploadProblems.UnsupportedType(upload.Many
        ? $"Send {Multipart} with a field '{fields[0]}' for each picture."
        : $"Send a picture with Content-Type {string.Join(", ", RawTypes)}, or {Multipart} with a field '{fields[0]}'.");

    private static bool IsA(MediaTypeHeaderValue type, string name) => type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static bool IsSupported(MediaTypeHeaderValue? type) =>
        type is not null && RawTypes.Concat(UnlistedRawTypes).Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase);

    /// <summary>The boundary between the parts of a form, or null if it is missing or too long.</summary>
    private static string? BoundaryOf(MediaTypeHeaderValue type) =>
        HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundaryLength, Value: var boundary } ? boundary : null;

    /// <summary>The file's name, decoded if it is written by RFC 5987, or the picture's place if there is none.</summary>
    private string NameOf(ContentDispositionHeaderValue? disposition, int place)
    {
        var name = disposition is { FileNameStar: { HasValue: true } star }
            ? star
            : HeaderUtilities.RemoveQuotes(disposition?.FileName ?? "");
        return name is { Length: > 0, Value: { } given } ? given : string.Create(CultureInfo.InvariantCulture, $"{fields[0]}[{place}]");
    }
}

/// <summary>A picture of a request, with the client's name for it: its bytes, or why they were not read.</summary>
internal sealed record UploadedPicture(string Name, Result<BodyBytes, Problem> Content) : IDisposable
{
    public BodyBytes? Bytes => Content.TryGet(out var bytes, out _) ? bytes : null;

    public void Dispose() => Bytes?.Dispose();
}
