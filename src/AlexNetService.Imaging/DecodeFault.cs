using System.Globalization;

namespace AlexNetService.Imaging;

/// <summary>The reason why bytes did not become a canvas.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Reason">A message for the sender that names the remedy; never the decoder's own text.</param>
public sealed record DecodeFault(DecodeFaultKind Kind, string Reason)
{
    private static readonly string Names =
        string.Join(", ", ImageFormats.All.SkipLast(1).Select(format => format.Name)) + " or " + ImageFormats.All[^1].Name;

    internal static DecodeFault Empty { get; } = new(DecodeFaultKind.Empty, "The file is empty; use one that holds a picture.");

    internal static DecodeFault UnknownFormat(ReadOnlySpan<byte> encoded) => new(
        DecodeFaultKind.UnknownFormat,
        $"The bytes are {(ImageFormats.Unsupported(encoded) is { } name ? $"a {name} picture and " : "")}not a {Names} picture; "
        + "convert it to one of these.");

    internal static DecodeFault TooManyPixels(int width, int height, long maxPixels) =>
        new(
            DecodeFaultKind.TooManyPixels,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The picture has {width} × {height} pixels; the limits are {maxPixels} pixels and {CanvasDecoder.MaxSourceSide} a side. ")
            + "Scale it down.");

    internal static DecodeFault Damaged(ImageFormat format) =>
        new(
            DecodeFaultKind.Damaged,
            $"The {format.Name} picture is damaged, cut short or of an unsupported kind; save it anew.");
}

/// <summary>Kinds of decode faults.</summary>
public enum DecodeFaultKind
{
    /// <summary>There are no bytes.</summary>
    Empty,

    /// <summary>The format is not supported.</summary>
    UnknownFormat,

    /// <summary>The header declares more pixels than the limit.</summary>
    TooManyPixels,

    /// <summary>The format is supported, but the file is damaged or truncated.</summary>
    Damaged,
}
