using AlexNetService.Api.Classify;
using AlexNetService.Imaging;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Uploads;

/// <summary>
/// Reads the pictures of a request: one as the raw body or the form field <c>image</c>, or many as the form fields <c>images</c>.
/// </summary>
internal sealed class UploadBody(bool many, ClassifyOptions options)
{
    public const string Multipart = "multipart/form-data";

    // RFC 2046, section 5.1.1.
    private const int MaxBoundaryLength = 70;

    private readonly string field = FieldOf(many);
    private readonly int maxBytes = many ? options.MaxBatchBytes : options.MaxBodyBytes;

    /// <summary>Media types of a raw body. <c>image/jpg</c> is not registered, but many clients send it.</summary>
    public static IReadOnlyList<string> RawTypes { get; } = [.. ImageFormats.ContentTypes, "image/jpg", "application/octet-stream"];

    /// <summary>Name of the form field with the pictures.</summary>
    public static string FieldOf(bool many) => many ? "images" : "image";

    /// <summary>
    /// Adds each picture that it reads, or returns why the request is refused. The decoder decides later what the bytes are.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body ended before its announced length.</exception>
    public async Task<Problem?> ReadAsync(HttpRequest request, List<UploadedPicture> pictures, CancellationToken cancellation)
    {
        if (request.ContentLength > maxBytes)
        {
            return UploadProblems.TooLarge(maxBytes, many);
        }

        var body = request.BodyUpTo(maxBytes);
        try
        {
            if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                && type.MediaType.Equals(Multipart, StringComparison.OrdinalIgnoreCase))
            {
                return await ReadFormAsync(BoundaryOf(type), body, pictures, cancellation);
            }

            if (many || !(string.IsNullOrEmpty(request.ContentType) || IsSupported(type)))
            {
                return UnsupportedType();
            }

            pictures.Add(new UploadedPicture(field, await BodyBytes.ReadAsync(body, maxBytes, count: null, cancellation)));
            return null;
        }
        catch (BodyTooLargeException)
        {
            return UploadProblems.TooLarge(maxBytes, many);
        }
    }

    private async Task<Problem?> ReadFormAsync(
        string? boundary, BudgetedBody body, List<UploadedPicture> pictures, CancellationToken cancellation)
    {
        if (boundary is null)
        {
            return UploadProblems.BrokenForm;
        }

        try
        {
            var reader = new MultipartReader(boundary, body);
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                _ = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition);
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString();
                if (!name.Equals(field, StringComparison.OrdinalIgnoreCase))
                {
                    return KnownParameters.Refuse("form field", name, [field]);
                }

                if (pictures.Count == (many ? options.MaxBatchImages : 1))
                {
                    return many ? UploadProblems.TooManyPictures(options.MaxBatchImages) : UploadProblems.SeveralPictures;
                }

                var content = await ReadFieldAsync(section, body, cancellation);
                if (!many && !content.TryGet(out _, out var problem))
                {
                    return problem;
                }

                pictures.Add(new UploadedPicture(NameOf(disposition, pictures.Count), content));
            }

            return pictures.Count == 0 ? UploadProblems.NoPicture(field) : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not (BadHttpRequestException or ConnectionResetException))
        {
            // MultipartReader throws these if a boundary is missing, or if headers are malformed or too many.
            return UploadProblems.BrokenForm;
        }
    }

    private async Task<Result<BodyBytes, Problem>> ReadFieldAsync(
        MultipartSection section, BudgetedBody body, CancellationToken cancellation)
    {
        if (section.ContentType is { } text && !(MediaTypeHeaderValue.TryParse(text, out var type) && IsSupported(type)))
        {
            return UploadProblems.UnsupportedType($"Send each picture with Content-Type {string.Join(", ", RawTypes)}, or without one.");
        }

        try
        {
            return await BodyBytes.ReadAsync(section.Body, options.MaxBodyBytes, count: null, cancellation);
        }
        catch (BodyTooLargeException) when (!body.IsTooLarge)
        {
            return UploadProblems.TooLarge(options.MaxBodyBytes, isBatch: false);
        }
    }

    private Problem UnsupportedType() => UploadProblems.UnsupportedType(many
        ? $"Send {Multipart} with a field '{field}' for each picture."
        : $"Send a picture with Content-Type {string.Join(", ", RawTypes)}, or {Multipart} with a field '{field}'.");

    private static bool IsSupported(MediaTypeHeaderValue? type) =>
        type is not null && RawTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase);

    /// <summary>The boundary between the parts of a form, or null if it is missing or too long.</summary>
    private static string? BoundaryOf(MediaTypeHeaderValue type) =>
        HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundaryLength, Value: var boundary } ? boundary : null;

    /// <summary>The file's name, decoded if it is written by RFC 5987, or the picture's place if there is none.</summary>
    private string NameOf(ContentDispositionHeaderValue? disposition, int place)
    {
        var name = disposition is { FileNameStar: { HasValue: true } star }
            ? star
            : HeaderUtilities.RemoveQuotes(disposition?.FileName ?? "");
        return name is { Length: > 0, Value: { } given } ? given : string.Create(CultureInfo.InvariantCulture, $"{field}[{place}]");
    }
}

/// <summary>A picture of a request, with the client's name for it: its bytes, or why they were not read.</summary>
internal sealed record UploadedPicture(string Name, Result<BodyBytes, Problem> Content) : IDisposable
{
    public BodyBytes? Bytes => Content.TryGet(out var bytes, out _) ? bytes : null;

    public void Dispose() => Bytes?.Dispose();
}
