namespace AlexNetService.Imaging;

/// <summary>
/// The reason why bytes did not become a canvas: a message for the sender that names the remedy; never the decoder's own text.
/// </summary>
public sealed record DecodeFault(DecodeFaultKind Kind, string Reason)
{
    private static readonly string Names =
        string.Join(", ", ImageFormats.All.SkipLast(1).Select(format => format.Name)) + " or " + ImageFormats.All[^1].Name;

    internal static DecodeFault Empty { get; } = new(DecodeFaultKind.Empty, "The file is empty; use one that holds a picture.");

    internal static DecodeFault UnknownFormat(ReadOnlySpan<byte> encoded)
    {
        var known = ImageFormats.RecogniseUnsupported(encoded)?.Name;
        var found = known is null ? "" : $"{(known[0] is 'A' or 'a' ? "an" : "a")} {known} picture and ";
        return new(DecodeFaultKind.UnknownFormat, $"The bytes are {found}not a {Names} picture; convert it to one of these.");
    }

    internal static DecodeFault TooManyPixels(int width, int height, long maxPixels) => new(
        DecodeFaultKind.TooManyPixels,
        $"The picture has {width} × {height} pixels; the limits are {maxPixels} pixels and {CanvasDecoder.MaxSourceSide} a side. "
        + "Scale it down.");

    internal static DecodeFault TooMuchMemory(ImageFormat format, int width, int height, long memory, long maxMemory) => new(
        DecodeFaultKind.TooCostly,
        $"Decoding the {format.Name} picture of {width} × {height} pixels takes about {memory >> 20} MiB of memory; "
        + $"the limit is {maxMemory >> 20} MiB. Scale it down, or save it as a JPEG that is not progressive.");

    internal static DecodeFault TooCostly(ImageFormat format, string parts) =>
        new(DecodeFaultKind.TooCostly, $"The {format.Name} picture has {parts}.");

    internal static DecodeFault Damaged(ImageFormat format) => new(
        DecodeFaultKind.Damaged, $"The {format.Name} picture is damaged, cut short or of an unsupported kind; save it anew.");
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

    /// <summary>Decoding would take more memory or time than the limits allow.</summary>
    TooCostly,

    /// <summary>The format is supported, but the file is damaged or truncated.</summary>
    Damaged,
}
