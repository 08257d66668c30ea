using CsCheck;

namespace AlexNetService.Tests.Shared;

/// <summary>A change to bytes.</summary>
/// <param name="Kind">The kind of change.</param>
/// <param name="Place">Its place, from 0 (start) to 1 (end). Most changes are near the start, where headers are.</param>
/// <param name="Value">The byte to write, or the number of bytes.</param>
internal sealed record Mutation(MutationKind Kind, double Place, byte Value)
{
    /// <summary>Changes anywhere, half of them near the start.</summary>
    public static Gen<Mutation> Any { get; } = Gen.Select(
        Gen.Enum<MutationKind>(),
        Gen.Double[0, 1],
        Gen.Bool,
        Gen.Byte,
        (kind, place, anywhere, value) => new Mutation(kind, anywhere ? Math.Cbrt(place) : place, value));

    public static byte[] Apply(byte[] bytes, IEnumerable<Mutation> mutations) =>
        mutations.Aggregate(bytes, (changed, mutation) => mutation.Apply(changed));

    private byte[] Apply(byte[] bytes)
    {
        var at = Math.Min((int)(Place * Place * Place * bytes.Length), Math.Max(0, bytes.Length - 1));
        if (bytes.Length == 0)
        {
            return [Value];
        }

        switch (Kind)
        {
            case MutationKind.Truncate:
                return bytes[..at];
            case MutationKind.Remove:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + Value)..]];
            case MutationKind.Repeat:
                return [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + Value)], .. bytes[at..]];
            case MutationKind.Insert:
                return [.. bytes[..at], Value, .. bytes[at..]];
            case MutationKind.Fill:
                byte[] filled = [.. bytes];
                filled.AsSpan(at, Math.Min(sizeof(long), bytes.Length - at)).Fill(Value);
                return filled;
            default:
                byte[] changed = [.. bytes];
                changed[at] = Kind == MutationKind.Flip ? (byte)(changed[at] ^ (1 << (Value & 7))) : Value;
                return changed;
        }
    }
}

internal enum MutationKind
{
    Flip,
    Write,
    Fill,
    Truncate,
    Remove,
    Repeat,
    Insert,
}
