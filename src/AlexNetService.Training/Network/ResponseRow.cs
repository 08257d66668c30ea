using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AlexNetService.Training.Network;

/// <summary>
/// Local response normalisation with β = 0.75, row by row; a row is all maps at one position (Krizhevsky 2012 §3.3):
/// b = a · s^-β with s = k + α·Σ a² over the neighbouring maps. s^-0.75 is computed as 1 / (√s · √√s), since a general power would take
/// most of the time. AggressiveOptimization skips tiered compilation, so the first steps of a run are as fast as the last.
/// </summary>
internal sealed class ResponseRow(LocalResponseNormalisation layer)
{
    private readonly int half = layer.Maps / 2;
    private readonly Vector<float> k = new((float)layer.K);
    private readonly Vector<float> alpha = new((float)layer.Alpha);
    private readonly Vector<float> pull = new((float)(2 * layer.Alpha * layer.Beta));

    /// <summary>
    /// Computes b of some rows: [rows,maps] → [rows,maps] of <see cref="float"/>, or <see cref="ushort"/> for the bits of bfloat16.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Normalise<T>(ReadOnlySpan<T> input, Span<T> output, int maps)
        where T : unmanaged
    {
        var (width, padded) = Widths(maps);
        var rented = ArrayPool<float>.Shared.Rent(padded + (2 * width));
        var scratch = Cleared(rented, padded + (2 * width));
        var squares = scratch[..padded];
        var x = scratch.Slice(padded, width);
        var y = scratch.Slice(padded + width, width);
        for (var row = 0; row < input.Length; row += maps)
        {
            var target = Target(output.Slice(row, maps), y);
            Normalise(Read(input.Slice(row, maps), x), target, squares);
            Write(target, output.Slice(row, maps));
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>
    /// Computes ∂L/∂a of some rows from a and g = ∂L/∂b: g·s^-β − 2αβ·a·Σ g·a·s^-(β+1), the sum over the neighbouring maps; shapes and
    /// types as in <see cref="Normalise{T}"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gradient<T>(ReadOnlySpan<T> input, ReadOnlySpan<T> gradient, Span<T> output, int maps)
        where T : unmanaged
    {
        var (width, padded) = Widths(maps);
        var rented = ArrayPool<float>.Shared.Rent((2 * padded) + (4 * width));
        var scratch = Cleared(rented, (2 * padded) + (4 * width));
        var squares = scratch[..padded];
        var pulls = scratch.Slice(padded, padded);
        scratch = scratch[(2 * padded)..];
        var x = scratch[..width];
        var g = scratch.Slice(width, width);
        var direct = scratch.Slice(2 * width, width);
        var y = scratch.Slice(3 * width, width);
        for (var row = 0; row < input.Length; row += maps)
        {
            var target = Target(output.Slice(row, maps), y);
            Gradient(Read(input.Slice(row, maps), x), Read(gradient.Slice(row, maps), g), target, squares, pulls, direct);
            Write(target, output.Slice(row, maps));
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalise(ReadOnlySpan<float> row, Span<float> output, Span<float> squares)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var y = ref MemoryMarshal.GetReference(output);
        ref var terms = ref MemoryMarshal.GetReference(squares);
        Square(row, squares);
        var (offset, factor, reach) = (k, alpha, half);
        for (nuint i = 0; i < (nuint)row.Length; i = Next(i, row.Length))
        {
            var s = offset + (factor * Neighbours(ref terms, i, reach));
            var root = Vector.SquareRoot(s);
            (Vector.LoadUnsafe(ref x, i) / (root * Vector.SquareRoot(root))).StoreUnsafe(ref y, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gradient(
        ReadOnlySpan<float> row,
        ReadOnlySpan<float> gradient,
        Span<float> output,
        Span<float> squares,
        Span<float> pulls,
        Span<float> direct)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var g = ref MemoryMarshal.GetReference(gradient);
        ref var y = ref MemoryMarshal.GetReference(output);
        ref var terms = ref MemoryMarshal.GetReference(squares);
        ref var pulled = ref MemoryMarshal.GetReference(pulls);
        ref var middle = ref pulls[half];
        ref var own = ref MemoryMarshal.GetReference(direct);
        Square(row, squares);
        var (offset, factor, reach) = (k, alpha, half);
        for (nuint i = 0; i < (nuint)row.Length; i = Next(i, row.Length))
        {
            var s = offset + (factor * Neighbours(ref terms, i, reach));
            var root = Vector.SquareRoot(s);
            var scaled = Vector.LoadUnsafe(ref g, i) / (s * root * Vector.SquareRoot(root));
            (scaled * Vector.LoadUnsafe(ref x, i)).StoreUnsafe(ref middle, i);
            (scaled * s).StoreUnsafe(ref own, i);
        }

        var back = pull;
        for (nuint i = 0; i < (nuint)row.Length; i = Next(i, row.Length))
        {
            (Vector.LoadUnsafe(ref own, i) - (back * Vector.LoadUnsafe(ref x, i) * Neighbours(ref pulled, i, reach))).StoreUnsafe(ref y, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Square(ReadOnlySpan<float> row, Span<float> squares)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var middle = ref squares[half];
        for (nuint i = 0; i < (nuint)row.Length; i = Next(i, row.Length))
        {
            var value = Vector.LoadUnsafe(ref x, i);
            (value * value).StoreUnsafe(ref middle, i);
        }
    }

    /// <summary>
    /// Sums over the neighbours of maps i, i+1, …. <paramref name="terms"/> has <paramref name="half"/> zeros before the first map and
    /// after the last.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Neighbours(ref float terms, nuint i, int half)
    {
        var sum = Vector.LoadUnsafe(ref terms, i);
        if (half == 2)
        {
            // The paper's five maps, without a loop.
            return sum + Vector.LoadUnsafe(ref terms, i + 1) + Vector.LoadUnsafe(ref terms, i + 2)
                + (Vector.LoadUnsafe(ref terms, i + 3) + Vector.LoadUnsafe(ref terms, i + 4));
        }

        for (var j = 1; j <= 2 * half; j++)
        {
            sum += Vector.LoadUnsafe(ref terms, i + (nuint)j);
        }

        return sum;
    }

    /// <summary>Start of the next vector of a row; the last vector overlaps the previous one if lanes do not divide the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Next(nuint i, int length)
    {
        var (next, last) = (i + (nuint)Vector<float>.Count, (nuint)(length - Vector<float>.Count));
        return next <= last || i == last ? next : last;
    }

    /// <summary>
    /// Length of a row in scratch memory, without and with its zeros. A row shorter than a vector is filled up with maps of zeros, which
    /// add nothing to a sum.
    /// </summary>
    private (int Width, int Padded) Widths(int maps)
    {
        var width = Math.Max(maps, Vector<float>.Count);
        return (width, width + (2 * half));
    }

    private static Span<float> Cleared(float[] rented, int length)
    {
        var scratch = rented.AsSpan(0, length);
        scratch.Clear();
        return scratch;
    }

    private static ReadOnlySpan<float> Read<T>(ReadOnlySpan<T> row, Span<float> room)
        where T : unmanaged
    {
        if (typeof(T) == typeof(ushort))
        {
            BrainFloat.Widen(MemoryMarshal.Cast<T, ushort>(row), room);
            return room;
        }

        var values = MemoryMarshal.Cast<T, float>(row);
        if (values.Length == room.Length)
        {
            return values;
        }

        values.CopyTo(room);
        return room;
    }

    private static Span<float> Target<T>(Span<T> row, Span<float> room)
        where T : unmanaged => typeof(T) == typeof(float) && row.Length == room.Length ? MemoryMarshal.Cast<T, float>(row) : room;

    private static void Write<T>(Span<float> values, Span<T> row)
        where T : unmanaged
    {
        if (typeof(T) == typeof(ushort))
        {
            BrainFloat.Narrow(values[..row.Length], MemoryMarshal.Cast<T, ushort>(row));
        }
        else if (values.Length != row.Length)
        {
            values[..row.Length].CopyTo(MemoryMarshal.Cast<T, float>(row));
        }
    }
}
