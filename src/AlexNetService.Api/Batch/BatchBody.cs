using System.Globalization;
using AlexNetService.Api.Classify;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Batch;

/// <summary>Finds the pictures in a request: the multipart fields <c>images</c>.</summary>
internal static class BatchBody
{
    public const string Field = "images";

    /// <summary>Reads every picture. One that is too large or of a type that is not taken is noted and read over.</summary>
    /// <exception cref="BadHttpRequestException">The connection gave less than it announced.</exception>
    public static async Task<BatchBodyResult> ReadAsync(HttpRequest request, ClassifyOptions options, CancellationToken cancellation)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals(PictureBody.Multipart, StringComparison.OrdinalIgnoreCase))
        {
            return new BatchBodyResult(BatchBodyFault.UnsupportedType);
        }

        if (request.ContentLength > options.MaxBatchBytes)
        {
            return new BatchBodyResult(BatchBodyFault.TooLarge);
        }

        if (PictureBody.BoundaryOf(type) is not { } boundary)
        {
            return new BatchBodyResult(BatchBodyFault.BrokenMultipart);
        }

        var pictures = new List<BatchPicture>();
        var body = new LimitedStream(request.Body, options.MaxBatchBytes);
        BatchBodyFault? fault = null;
        try
        {
            fault = await ReadAsync(new MultipartReader(boundary, body), pictures, body, options, cancellation);
        }
        catch (BodyTooLargeException)
        {
            fault = BatchBodyFault.TooLarge;
        }
        catch (Exception e) when (PictureBody.IsBroken(e))
        {
            fault = BatchBodyFault.BrokenMultipart;
        }
        catch
        {
            pictures.ForEach(picture => picture.Dispose());
            throw;
        }

        if (fault is not { } whole)
        {
            return new BatchBodyResult(pictures);
        }

        pictures.ForEach(picture => picture.Dispose());
        return new BatchBodyResult(whole);
    }

    private static async Task<BatchBodyFault?> ReadAsync(
        MultipartReader reader, List<BatchPicture> pictures, LimitedStream body, ClassifyOptions options, CancellationToken cancellation)
    {
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                || !HeaderUtilities.RemoveQuotes(disposition.Name).Equals(Field, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (pictures.Count == options.MaxBatchImages)
            {
                return BatchBodyFault.TooMany;
            }

            pictures.Add(await ReadAsync(section, NameOf(disposition, pictures.Count), body, options.MaxBodyBytes, cancellation));
        }

        return pictures.Count == 0 ? BatchBodyFault.Empty : null;
    }

    private static async Task<BatchPicture> ReadAsync(
        MultipartSection section, string name, LimitedStream body, long limit, CancellationToken cancellation)
    {
        if (section.ContentType is { } text && !(MediaTypeHeaderValue.TryParse(text, out var type) && PictureBody.IsTaken(type)))
        {
            return new BatchPicture(name, null, PictureBodyFault.UnsupportedType);
        }

        try
        {
            return new BatchPicture(name, await EncodedPicture.ReadAsync(new LimitedStream(section.Body, limit), cancellation), null);
        }
        catch (BodyTooLargeException) when (!body.IsExceeded)
        {
            return new BatchPicture(name, null, PictureBodyFault.TooLarge);
        }
    }

    /// <summary>The file's name as the client gave it, decoded where it is written by RFC 5987; its place where there is none.</summary>
    private static string NameOf(ContentDispositionHeaderValue disposition, int place)
    {
        var name = disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName);
        return name is { Length: > 0, Value: { } given } ? given : string.Create(CultureInfo.InvariantCulture, $"{Field}[{place}]");
    }
}

/// <summary>A picture of a batch: either its bytes or a fault is there.</summary>
/// <param name="Name">What the client calls it.</param>
/// <param name="Encoded">Its bytes.</param>
/// <param name="Fault">Why it was not read.</param>
internal sealed record BatchPicture(string Name, EncodedPicture? Encoded, PictureBodyFault? Fault) : IDisposable
{
    public void Dispose() => Encoded?.Dispose();
}

/// <summary>The pictures of a request: exactly one of the two is there.</summary>
/// <param name="Pictures">The pictures, at least one; to be disposed.</param>
/// <param name="Fault">Why there are none.</param>
internal readonly record struct BatchBodyResult(IReadOnlyList<BatchPicture>? Pictures, BatchBodyFault? Fault)
{
    public BatchBodyResult(IReadOnlyList<BatchPicture> pictures)
        : this(pictures, Fault: null)
    {
    }

    public BatchBodyResult(BatchBodyFault fault)
        : this(Pictures: null, fault)
    {
    }
}

/// <summary>Why a request is no batch.</summary>
internal enum BatchBodyFault
{
    UnsupportedType,
    TooLarge,
    TooMany,
    Empty,
    BrokenMultipart,
}
