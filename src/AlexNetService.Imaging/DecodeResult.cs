namespace AlexNetService.Imaging;

/// <summary>What became of the bytes of a picture: exactly one of the two is there.</summary>
/// <param name="Canvas">The canvas, where the bytes were a picture.</param>
/// <param name="Fault">Why there is no canvas, where they were not.</param>
public readonly record struct DecodeResult(Canvas? Canvas, DecodeFault? Fault);

/// <summary>Why bytes did not become a canvas.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Reason">A sentence for the sender, saying what to do; never the decoder's own text.</param>
public sealed record DecodeFault(DecodeFaultKind Kind, string Reason);

/// <summary>Kinds of decode faults.</summary>
public enum DecodeFaultKind
{
    /// <summary>No bytes at all.</summary>
    Empty,

    /// <summary>Not one of the formats that are taken.</summary>
    UnknownFormat,

    /// <summary>The header names more pixels than the limit.</summary>
    TooManyPixels,

    /// <summary>A known format, but damaged or truncated.</summary>
    Damaged,
}
