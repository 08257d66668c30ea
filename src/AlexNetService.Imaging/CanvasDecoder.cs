using System.Buffers;
using NetVips;
using SixLabors.ImageSharp;
using Image = NetVips.Image;

namespace AlexNetService.Imaging;

/// <summary>Bytes of a photograph → RGB canvas. No other class decodes. Many threads may decode at once.</summary>
public static class CanvasDecoder
{
    /// <summary>Limit on either side of a photograph, in pixels; a JPEG cannot be larger.</summary>
    public const int MaxSourceSide = 65_535;

    /// <summary>Largest side of a canvas, in pixels.</summary>
    public const int MaxCanvasSide = 4_096;

    // CMYK and alpha. A small TIFF may declare hundreds of channels, and with them gigabytes.
    private const int MaxBands = 5;
    private const int LeastShrunkSide = 512;
    private const int StoredRowsAtATime = 64;

    // Rows that the loaders and steps of libvips keep between them: at most 640 were seen.
    private const int KeptRows = 640;
    private const long LargeMemory = 32L << 20;
    private const int JpegPixelFactor = 4;
    private const int ScansOfLargestPicture = 20;

    /// <summary>Decodes the centre of a photograph: upright, in sRGB, its shorter side scaled to the canvas.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="side">Side of the canvas, in pixels: 1 to <see cref="MaxCanvasSide"/>.</param>
    /// <param name="canvas">[3,side,side], 0..255; written whole if there is no fault, undefined otherwise.</param>
    /// <param name="limits">What decoding may cost; null is <see cref="DecodeLimits.Default"/>.</param>
    /// <param name="cancellation">Stops the decoding between two strips of rows.</param>
    /// <returns>Null if the canvas was written; otherwise the fault.</returns>
    /// <exception cref="ArgumentException">The canvas does not have the size of its side.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the canvas is undefined.</exception>
    public static DecodeFault? DecodeTo(
        ReadOnlySpan<byte> encoded, int side, Span<byte> canvas, DecodeLimits? limits = null, CancellationToken cancellation = default)
    {
        RequireCanvas(canvas, side);
        if (encoded.IsEmpty)
        {
            return DecodeFault.Empty;
        }

        if (ImageFormats.Recognise(encoded) is not { } format)
        {
            return DecodeFault.UnknownFormat(encoded);
        }

        try
        {
            _ = Libvips.TakeLateWarnings();
            var fault = Decode(encoded, format, side, canvas, limits ?? DecodeLimits.Default, cancellation);
            return Libvips.TakeLateWarnings() ? fault ?? DecodeFault.Damaged(format) : fault;
        }
        catch (Exception e) when (e is VipsException or ImageFormatException)
        {
            // The text of the exception also holds the errors of earlier pictures, so it is not used.
            return DecodeFault.Damaged(format);
        }
    }

    /// <exception cref="ArgumentException">A canvas of that side has another number of bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is out of range.</exception>
    internal static void RequireCanvas(ReadOnlySpan<byte> canvas, int side)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(side);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, MaxCanvasSide);
        CropWindow.RequireSquare(canvas.Length, side, nameof(canvas));
    }

    private static DecodeFault? Decode(
        ReadOnlySpan<byte> encoded, ImageFormat format, int side, Span<byte> canvas, DecodeLimits limits, CancellationToken cancellation)
    {
        var repaired = format.Repair(encoded);
        encoded = repaired.IsEmpty ? encoded : repaired.Span;
        var structure = format.Structure(encoded);
        if (structure.Frames > DecodeLimits.MaxWebPFrames)
        {
            return DecodeFault.TooCostly(format, $"more than {DecodeLimits.MaxWebPFrames} frames; save one frame of it");
        }

        if (structure.CompressedTexts > DecodeLimits.MaxCompressedTexts)
        {
            return DecodeFault.TooCostly(format, $"more than {DecodeLimits.MaxCompressedTexts} compressed texts; save it without them");
        }

        if (structure.IsUnsupported)
        {
            return DecodeFault.Damaged(format);
        }

        using var full = format.Header(encoded);
        var shrink = format.ShrinksOnLoad ? ShrinkOnLoad(Math.Min(full.Width, full.Height), side) : 1;
        var pixels = Math.Max((long)full.Width * full.Height, structure.CodedPixels);
        var maxPixels = limits.MaxPixels * Math.Min(shrink, JpegPixelFactor);
        if (Math.Max(full.Width, full.Height) > MaxSourceSide || pixels > maxPixels)
        {
            return DecodeFault.TooManyPixels(full.Width, full.Height, maxPixels);
        }

        if (structure.Scans > DecodeLimits.MaxScans || structure.Scans * pixels > ScansOfLargestPicture * limits.MaxPixels)
        {
            return DecodeFault.TooCostly(format, $"more than {DecodeLimits.MaxScans} scans, or too many for its size; save it anew");
        }

        if (full.Bands > MaxBands)
        {
            return DecodeFault.Damaged(format);
        }

        var row = (long)full.Width * full.Bands * BytesOf(full.Format);
        var memory = (long)(structure.WholePicture * pixels) + (row * Math.Min(full.Height, KeptRows)) + repaired.Length;
        if (memory > limits.MaxMemory)
        {
            return DecodeFault.TooMuchMemory(format, full.Width, full.Height, memory, limits.MaxMemory);
        }

        limits.Hold(memory, cancellation);
        try
        {
            using var picture = format.Pixels is { } decode ? decode(encoded) : shrink > 1 ? Libvips.Open(encoded, shrink) : full.Copy();
            DecodeSquare(picture, side, canvas, cancellation);
            return null;
        }
        finally
        {
            limits.Release(memory);
            if (memory > LargeMemory)
            {
                GlibcHeap.Trim();
            }
        }
    }

    private static void DecodeSquare(Image picture, int side, Span<byte> canvas, CancellationToken cancellation)
    {
        var orientation = new ExifOrientation(picture.Contains("orientation") && picture.Get("orientation") is int value ? value : 1);
        var (left, top) = orientation.Centre(picture.Width, picture.Height);
        var cut = Math.Min(picture.Width, picture.Height);
        using var square = CanvasPipeline.Square(picture, left, top, cut, side);
        Write(square, orientation, side, RowsAtATime(cut, side), canvas, cancellation);
        ReadToTheEnd(picture, top + cut, cancellation);
    }

    private static int BytesOf(Enums.BandFormat format) => format switch
    {
        Enums.BandFormat.Uchar or Enums.BandFormat.Char => 1,
        Enums.BandFormat.Ushort or Enums.BandFormat.Short => 2,
        Enums.BandFormat.Uint or Enums.BandFormat.Int or Enums.BandFormat.Float => 4,
        Enums.BandFormat.Dpcomplex => 16,
        _ => 8,
    };

    /// <summary>
    /// 1, 2, 4 or 8. Where libjpeg's reduced picture is still much larger than the canvas, the antialiased reduction that follows hides the
    /// difference: at 4 times the canvas 0.5 of 255 are left, at 2 times 1.7 (measured by <c>decode</c> on a canvas of 64).
    /// </summary>
    private static int ShrinkOnLoad(int shorter, int side)
    {
        var (shrink, least) = (1, Math.Min(4 * side, Math.Max(LeastShrunkSide, 2 * side)));
        while (shrink < 8 && shorter / (2 * shrink) >= least)
        {
            shrink *= 2;
        }

        return shrink;
    }

    /// <summary>The rows of the canvas that need about 64 rows of the stored picture: memory does not grow with the picture.</summary>
    private static int RowsAtATime(int stored, int side) =>
        (int)Math.Clamp((long)StoredRowsAtATime * side / stored, 1, StoredRowsAtATime / 4);

    private static void Write(
        Image square, ExifOrientation orientation, int side, int rowsAtATime, Span<byte> canvas, CancellationToken cancellation)
    {
        if (orientation.IsUpright)
        {
            Write(square, side, rowsAtATime, canvas, cancellation);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(canvas.Length);
        try
        {
            var stored = rented.AsSpan(0, canvas.Length);
            Write(square, side, rowsAtATime, stored, cancellation);
            orientation.Turn(stored, canvas, side);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Runs the pipeline on this thread, a few rows at a time from top to bottom. A libvips sink would start a thread, and would not allow
    /// the rows below the canvas to be read afterwards.
    /// </summary>
    private static void Write(Image square, int side, int rowsAtATime, Span<byte> planes, CancellationToken cancellation)
    {
        using var region = Region.New(square);
        var plane = side * side;
        for (var row = 0; row < side; row += rowsAtATime)
        {
            cancellation.ThrowIfCancellationRequested();
            var strip = region.Fetch(0, row, side, Math.Min(rowsAtATime, side - row));
            var (start, pixels) = (row * side, strip.Length / 3);
            Planes.Split(
                strip, planes.Slice(start, pixels), planes.Slice(plane + start, pixels), planes.Slice((2 * plane) + start, pixels));
        }
    }

    /// <summary>
    /// Reads the rows of a tall picture below the canvas, because damage there is damage too, and the last row in any case: a reduction
    /// may leave it out.
    /// </summary>
    private static void ReadToTheEnd(Image picture, int row, CancellationToken cancellation)
    {
        using var region = Region.New(picture);
        do
        {
            cancellation.ThrowIfCancellationRequested();
            row = Math.Min(row + StoredRowsAtATime, picture.Height);
            region.Fetch(picture.Width - 1, row - 1, 1, 1);
        }
        while (row < picture.Height);
    }
}

/// <summary>A square RGB picture, planar: the layout of one element of the network's uint8 NCHW input.</summary>
/// <param name="Side">Side, in pixels.</param>
/// <param name="Pixels">[3,side,side], 0..255, red plane first.</param>
public sealed record Canvas(int Side, byte[] Pixels);
