using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Applies the paper's update to many weights on the CPU in one pass over memory: weight, velocity and gradient are read once, weight and
/// velocity are written once. Memory traffic is the whole cost. The pass uses as many threads as torch does on the calling thread.
/// </summary>
internal sealed class FusedUpdates(float momentum)
{
    // Values per work item: large enough to schedule cheaply, small enough that threads finish together.
    private const int Block = 1 << 16;

    // Values updated at a time: few enough to stay in the first-level cache while they are widened, updated and rounded.
    private const int Stretch = 1024;

    private readonly List<(Update Of, int From)> blocks = [];

    /// <summary>
    /// Adds a weight w and its velocity v, both float32; the tensors must live until <see cref="Run"/> returns. The working weight is w
    /// itself, or its bfloat16 copy, which is updated too; the gradient ∂L/∂w is of its type. The decay is the share of w that is
    /// subtracted from v. For centred weights the mean of each unit's gradient is subtracted; units are the first dimension.
    /// </summary>
    public void Add(
        Tensor weight, Tensor working, Tensor velocity, Tensor gradient, float rate, float decay, bool isCentred = false)
    {
        var stretch = isCentred ? (int)(weight.numel() / weight.shape[0]) : Stretch;
        var update = new Update(
            InMemoryOrder(weight),
            InMemoryOrder(working),
            InMemoryOrder(velocity),
            InMemoryOrder(gradient),
            rate,
            decay,
            stretch,
            isCentred);
        for (var from = 0; from < weight.numel(); from += update.Block)
        {
            blocks.Add((update, from));
        }
    }

    public void Run()
    {
        var threads = Math.Min(get_num_threads(), blocks.Count);
        if (threads <= 1)
        {
            blocks.ForEach(Apply);
        }
        else
        {
            Parallel.ForEach(blocks, new ParallelOptions { MaxDegreeOfParallelism = threads }, Apply);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply((Update Of, int From) block)
    {
        var (update, from) = block;
        var w = update.BlockOf<float>(update.Weight, from);
        var v = update.BlockOf<float>(update.Velocity, from);
        if (update.Gradient.dtype == ScalarType.Float32)
        {
            var exact = update.BlockOf<float>(update.Gradient, from);
            for (var i = 0; i < w.Length; i += update.Stretch)
            {
                var count = Math.Min(update.Stretch, w.Length - i);
                Step(w.Slice(i, count), v.Slice(i, count), exact.Slice(i, count), update);
            }

            return;
        }

        var g = update.BlockOf<ushort>(update.Gradient, from);
        var rounded = update.BlockOf<ushort>(update.Working, from);
        var wide = ArrayPool<float>.Shared.Rent(update.Stretch);
        for (var i = 0; i < w.Length; i += update.Stretch)
        {
            var count = Math.Min(update.Stretch, w.Length - i);
            BrainFloat.Widen(g.Slice(i, count), wide);
            Step(w.Slice(i, count), v.Slice(i, count), wide.AsSpan(0, count), update);
            BrainFloat.Narrow(w.Slice(i, count), rounded.Slice(i, count));
        }

        ArrayPool<float>.Shared.Return(wide);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step(Span<float> weight, Span<float> velocity, ReadOnlySpan<float> gradient, Update update)
    {
        ref var w = ref MemoryMarshal.GetReference(weight);
        ref var v = ref MemoryMarshal.GetReference(velocity);
        ref var g = ref MemoryMarshal.GetReference(gradient);
        var (rate, decay, mean) = (update.Rate, update.Decay, update.IsCentred ? Sum(gradient) / gradient.Length : 0);
        var i = 0;
        for (; i <= weight.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var old = Vector.LoadUnsafe(ref w, (nuint)i);
            var along = Vector.LoadUnsafe(ref g, (nuint)i) - new Vector<float>(mean);
            var moved = (Vector.LoadUnsafe(ref v, (nuint)i) * momentum) - (old * decay) - (along * rate);
            moved.StoreUnsafe(ref v, (nuint)i);
            (old + moved).StoreUnsafe(ref w, (nuint)i);
        }

        for (; i < weight.Length; i++)
        {
            velocity[i] = (velocity[i] * momentum) - (weight[i] * decay) - ((gradient[i] - mean) * rate);
            weight[i] += velocity[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(ReadOnlySpan<float> values)
    {
        var sums = Vector<float>.Zero;
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            sums += new Vector<float>(values.Slice(i, Vector<float>.Count));
        }

        var sum = Vector.Sum(sums);
        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    /// <summary>
    /// The values in memory order. Kernels are channels-last, so this is a contiguous view; only a row-major gradient is copied.
    /// </summary>
    private static Tensor InMemoryOrder(Tensor tensor) =>
        (tensor.dim() == 4 ? tensor.detach().permute(0, 2, 3, 1) : tensor.detach()).contiguous();

    /// <summary>A weight to update. A stretch is the number of values updated at a time; for centred weights, those of one unit.</summary>
    private sealed record Update(
        Tensor Weight, Tensor Working, Tensor Velocity, Tensor Gradient, float Rate, float Decay, int Stretch, bool IsCentred)
    {
        /// <summary>Number of values in a work item: whole stretches.</summary>
        public int Block { get; } = Stretch * Math.Max(1, FusedUpdates.Block / Stretch);

        public Span<T> BlockOf<T>(Tensor tensor, int from)
            where T : unmanaged
        {
            var values = MemoryMarshal.Cast<byte, T>(tensor.bytes);
            return values.Slice(from, Math.Min(Block, values.Length - from));
        }
    }
}
