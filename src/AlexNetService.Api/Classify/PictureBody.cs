using AlexNetService.Imaging;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Classify;

/// <summary>Finds the picture in a request: the raw body, or the multipart field <c>image</c>.</summary>
internal static class PictureBody
{
    public const string Field = "image";
    public const string Multipart = "multipart/form-data";
    public const string AnyBytes = "application/octet-stream";

    private const int LongestBoundary = 70;

    /// <summary>Media types of a raw body. <c>image/jpg</c> is not registered, and often sent.</summary>
    public static IReadOnlyList<string> RawTypes { get; } = [.. ImageFormats.ContentTypes, "image/jpg", AnyBytes];

    /// <summary>Reads the picture's bytes; the bytes themselves decide later what they are.</summary>
    /// <exception cref="BadHttpRequestException">The connection gave less than it announced.</exception>
    public static async Task<PictureBodyResult> ReadAsync(HttpRequest request, long limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit)
        {
            return PictureBodyResult.TooLarge;
        }

        var body = new LimitedStream(request.Body, limit);
        try
        {
            if (string.IsNullOrEmpty(request.ContentType))
            {
                return new PictureBodyResult(await EncodedPicture.ReadAsync(body, cancellation));
            }

            if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            {
                return new PictureBodyResult(PictureBodyFault.UnsupportedType);
            }

            return type.MediaType.Equals(Multipart, StringComparison.OrdinalIgnoreCase)
                ? await ReadFieldAsync(body, BoundaryOf(type), cancellation)
                : IsTaken(type)
                    ? new PictureBodyResult(await EncodedPicture.ReadAsync(body, cancellation))
                    : new PictureBodyResult(PictureBodyFault.UnsupportedType);
        }
        catch (BodyTooLargeException)
        {
            return PictureBodyResult.TooLarge;
        }
    }

    private static async Task<PictureBodyResult> ReadFieldAsync(Stream body, string? boundary, CancellationToken cancellation)
    {
        if (boundary is null)
        {
            return new PictureBodyResult(PictureBodyFault.BrokenMultipart);
        }

        EncodedPicture? picture = null;
        try
        {
            var reader = new MultipartReader(boundary, body);
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (!IsField(section))
                {
                    continue;
                }

                if (picture is not null)
                {
                    picture.Dispose();
                    return new PictureBodyResult(PictureBodyFault.SeveralPictures);
                }

                if (section.ContentType is { } text && !(MediaTypeHeaderValue.TryParse(text, out var type) && IsTaken(type)))
                {
                    return new PictureBodyResult(PictureBodyFault.UnsupportedType);
                }

                picture = await EncodedPicture.ReadAsync(section.Body, cancellation);
            }

            return picture is null ? new PictureBodyResult(PictureBodyFault.NoPicture) : new PictureBodyResult(picture);
        }
        catch (Exception e) when (IsBroken(e))
        {
            picture?.Dispose();
            return new PictureBodyResult(PictureBodyFault.BrokenMultipart);
        }
        catch
        {
            picture?.Dispose();
            throw;
        }
    }

    // What MultipartReader throws for a boundary that never comes, or for headers that are none or too many.
    public static bool IsBroken(Exception e) => e is InvalidDataException or IOException and not BadHttpRequestException;

    /// <summary>What stands between the parts of a form; null where it is missing, or longer than RFC 2046 lets it be.</summary>
    public static string? BoundaryOf(MediaTypeHeaderValue type) =>
        HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= LongestBoundary, Value: var boundary } ? boundary : null;

    public static bool IsTaken(MediaTypeHeaderValue type) => RawTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase);

    private static bool IsField(MultipartSection section) =>
        ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
        && HeaderUtilities.RemoveQuotes(disposition.Name).Equals(Field, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The picture in a request: exactly one of the two is there.</summary>
/// <param name="Picture">Its bytes; to be disposed.</param>
/// <param name="Fault">Why there is none.</param>
internal readonly record struct PictureBodyResult(EncodedPicture? Picture, PictureBodyFault? Fault)
{
    public PictureBodyResult(EncodedPicture picture)
        : this(picture, Fault: null)
    {
    }

    public PictureBodyResult(PictureBodyFault fault)
        : this(Picture: null, fault)
    {
    }

    public static PictureBodyResult TooLarge => new(PictureBodyFault.TooLarge);
}

/// <summary>Why a request holds no picture.</summary>
internal enum PictureBodyFault
{
    TooLarge,
    UnsupportedType,
    NoPicture,
    SeveralPictures,
    BrokenMultipart,
}
