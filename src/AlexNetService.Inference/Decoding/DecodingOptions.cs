using System.ComponentModel.DataAnnotations;
using AlexNetService.Imaging;

namespace AlexNetService.Inference.Decoding;

/// <summary>How photographs are decoded.</summary>
public sealed class DecodingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Decoding";

    /// <summary>Decoding threads; 0 (default) is one a core.</summary>
    [Range(0, 1024, ErrorMessage = "Decoding:Threads must be {1} to {2}.")]
    public int Threads { get; set; }

    /// <summary>Photographs that may wait for a decoding thread; default 320. More are refused.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Decoding:QueueLimit must be {1} to {2}.")]
    public int QueueLimit { get; set; } = 320;

    /// <summary>
    /// Largest width × height that a photograph's header may state, in pixels; default 50,000,000. A JPEG that is reduced while it is
    /// decoded may have four times as many.
    /// </summary>
    [Range(1, 10_000_000_000, ErrorMessage = "Decoding:MaxPixels must be {1} to {2}.")]
    public long MaxPixels { get; set; } = DecodeLimits.DefaultMaxPixels;

    /// <summary>
    /// Memory that all photographs together may take while they are decoded, in bytes; default 268,435,456 (256 MiB). One that alone needs
    /// more is refused; the others wait for each other.
    /// </summary>
    [Range(1 << 20, 1L << 40, ErrorMessage = "Decoding:MaxMemory must be {1} to {2}.")]
    public long MaxMemory { get; set; } = DecodeLimits.DefaultMaxMemory;
}
