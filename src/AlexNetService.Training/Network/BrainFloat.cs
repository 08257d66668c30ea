using System.Numerics;
using System.Runtime.CompilerServices;

namespace AlexNetService.Training.Network;

/// <summary>Converts between float32 and bfloat16, the upper half of a float32.</summary>
internal static class BrainFloat
{
    // Values added at a time: they stay in the first-level cache while they are widened, added and rounded.
    private const int Stretch = 1024;

    /// <summary>bfloat16 → float32, which is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        ref var from = ref MemoryMarshal.GetReference(halves);
        ref var to = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values[..halves.Length]));
        var i = 0;
        for (; i <= halves.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref from, (nuint)i), out var low, out var high);
            (low << 16).StoreUnsafe(ref to, (nuint)i);
            (high << 16).StoreUnsafe(ref to, (nuint)(i + Vector<uint>.Count));
        }

        for (; i < halves.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }

    /// <summary>float32 → the nearest bfloat16; ties go to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(ReadOnlySpan<float> values, Span<ushort> halves)
    {
        ref var from = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
        ref var to = ref MemoryMarshal.GetReference(halves[..values.Length]);
        var i = 0;
        for (; i <= values.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            var low = Rounded(Vector.LoadUnsafe(ref from, (nuint)i));
            var high = Rounded(Vector.LoadUnsafe(ref from, (nuint)(i + Vector<uint>.Count)));
            Vector.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < values.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(values[i]);
            halves[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    /// <summary>sum ← sum + other, each sum rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ReadOnlySpan<ushort> other, Span<ushort> sum)
    {
        Span<float> one = stackalloc float[Stretch];
        Span<float> two = stackalloc float[Stretch];
        for (var from = 0; from < sum.Length; from += Stretch)
        {
            var length = Math.Min(Stretch, sum.Length - from);
            var sums = sum.Slice(from, length);
            Widen(other.Slice(from, length), one);
            Widen(sums, two);
            for (var i = 0; i < Stretch; i += Vector<float>.Count)
            {
                (new Vector<float>(one[i..]) + new Vector<float>(two[i..])).CopyTo(two[i..]);
            }

            Narrow(two[..length], sums);
        }
    }

    // Adds half a unit in the last kept bit before truncating, a little less if that bit is even.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Rounded(Vector<uint> bits) =>
        (bits + new Vector<uint>(0x7FFF) + ((bits >>> 16) & Vector<uint>.One)) >>> 16;
}
