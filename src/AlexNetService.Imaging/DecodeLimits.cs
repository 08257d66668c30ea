namespace AlexNetService.Imaging;

/// <summary>
/// What decoding may cost. The limits of one picture are checked in its header, before any pixel is decoded. All
/// decodes that share an object share its memory.
/// </summary>
public sealed class DecodeLimits
{
    /// <summary>Default limit on width × height: 50 megapixels.</summary>
    public const long DefaultMaxPixels = 50_000_000;

    /// <summary>Default memory of all decodes together: 256 MiB.</summary>
    public const long DefaultMaxMemory = 256L << 20;

    /// <summary>Most scans of a JPEG. Usual progressive JPEGs have about ten.</summary>
    internal const int MaxScans = 100;

    /// <summary>Most compressed texts in a PNG. libpng inflates each to up to 8 MB.</summary>
    internal const int MaxCompressedTexts = 8;

    /// <summary>Most frames of an animated WebP. The time to open one grows with their square: 1 s at 20,000.</summary>
    internal const int MaxWebPFrames = 10_000;

    private const int CancellationPollMs = 50;

    private readonly object gate = new();
    private readonly long maxPixels = DefaultMaxPixels;
    private readonly long maxMemory = DefaultMaxMemory;
    private long held;

    /// <summary>The limits where none are given, shared by the whole process.</summary>
    public static DecodeLimits Default { get; } = new();

    /// <summary>
    /// Limit on width × height, in pixels. A JPEG that libjpeg reduces while it decodes may have four times as many. Of a file with several
    /// frames or pages, only the first is read and counted.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public long MaxPixels
    {
        get => maxPixels;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            maxPixels = value;
        }
    }

    /// <summary>
    /// Memory that all decodes together may hold, in bytes, as estimated from their headers. A picture that alone needs more is a fault;
    /// others wait for each other.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public long MaxMemory
    {
        get => maxMemory;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            maxMemory = value;
        }
    }

    /// <summary>Waits until there is room for a decode, which <see cref="Release"/> gives back.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while it waited.</exception>
    internal void Hold(long bytes, CancellationToken cancellation)
    {
        lock (gate)
        {
            while (held + bytes > maxMemory)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(gate, CancellationPollMs);
            }

            held += bytes;
        }
    }

    internal void Release(long bytes)
    {
        lock (gate)
        {
            held -= bytes;
            Monitor.PulseAll(gate);
        }
    }
}
