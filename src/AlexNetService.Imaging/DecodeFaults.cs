using System.Globalization;

namespace AlexNetService.Imaging;

/// <summary>The sentences that senders of pictures are told.</summary>
internal static class DecodeFaults
{
    private static readonly string Names =
        string.Join(", ", ImageFormats.All.SkipLast(1).Select(format => format.Name)) + " or " + ImageFormats.All[^1].Name;

    internal static DecodeFault Empty { get; } =
        new(DecodeFaultKind.Empty, "There are no bytes; send the content of a picture file.");

    internal static DecodeFault UnknownFormat { get; } =
        new(DecodeFaultKind.UnknownFormat, $"The bytes are no {Names} picture; convert the picture to one of these and send it again.");

    internal static DecodeFault TooManyPixels(int width, int height, long maxPixels) =>
        new(
            DecodeFaultKind.TooManyPixels,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The picture has {width} × {height} pixels; at most {maxPixels} and {CanvasDecoder.MaxSourceSide} a side are taken. ")
            + "Scale it down and send it again.");

    internal static DecodeFault Damaged(ImageFormat format) =>
        new(
            DecodeFaultKind.Damaged,
            $"The {format.Name} picture is damaged, cut short or of a kind that cannot be read; save it anew and send it again.");
}
