using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// The paper's update of many weights on the CPU in one pass over memory, which is all that it costs: weight, velocity and gradient are
/// read once, weight and velocity written once. Shared out over as many threads as torch has on the calling thread.
/// </summary>
/// <param name="momentum">Share of the last update that is repeated.</param>
internal sealed class FusedUpdates(float momentum)
{
    // Large enough that handing it out costs nothing, small enough that threads finish together.
    private const int Block = 1 << 16;
    private const int Halves = 1024;

    private readonly List<(Update Of, int From)> blocks = [];

    /// <summary>Adds a weight; its tensors must live until <see cref="Run"/> is done.</summary>
    /// <param name="weight">w, float32.</param>
    /// <param name="working">w itself, or its copy in bfloat16, which is kept up to date.</param>
    /// <param name="velocity">v, float32.</param>
    /// <param name="gradient">∂L/∂w, of the type of <paramref name="working"/>.</param>
    /// <param name="rate">ε.</param>
    /// <param name="decay">Share of the weight that is taken off the velocity.</param>
    public void Add(Tensor weight, Tensor working, Tensor velocity, Tensor gradient, float rate, float decay)
    {
        var update = new Update(InMemoryOrder(weight), InMemoryOrder(working), InMemoryOrder(velocity), InMemoryOrder(gradient), rate, decay);
        for (var from = 0; from < weight.numel(); from += Block)
        {
            blocks.Add((update, from));
        }
    }

    /// <summary>Updates all of them.</summary>
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
        var ((weight, working, velocity, gradient, rate, decay), from) = block;
        var w = BlockOf<float>(weight, from);
        var v = BlockOf<float>(velocity, from);
        if (gradient.dtype == ScalarType.Float32)
        {
            Step(w, v, BlockOf<float>(gradient, from), rate, decay);
            return;
        }

        var rounded = BlockOf<ushort>(working, from);
        var g = BlockOf<ushort>(gradient, from);
        Span<float> wide = stackalloc float[Halves];
        for (var i = 0; i < w.Length; i += Halves)
        {
            var count = Math.Min(Halves, w.Length - i);
            BrainFloat.Widen(g.Slice(i, count), wide);
            Step(w.Slice(i, count), v.Slice(i, count), wide[..count], rate, decay);
            BrainFloat.Narrow(w.Slice(i, count), rounded.Slice(i, count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step(Span<float> weight, Span<float> velocity, ReadOnlySpan<float> gradient, float rate, float decay)
    {
        ref var w = ref MemoryMarshal.GetReference(weight);
        ref var v = ref MemoryMarshal.GetReference(velocity);
        ref var g = ref MemoryMarshal.GetReference(gradient);
        var i = 0;
        for (; i <= weight.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var old = Vector.LoadUnsafe(ref w, (nuint)i);
            var moved = (Vector.LoadUnsafe(ref v, (nuint)i) * momentum) - (old * decay) - (Vector.LoadUnsafe(ref g, (nuint)i) * rate);
            moved.StoreUnsafe(ref v, (nuint)i);
            (old + moved).StoreUnsafe(ref w, (nuint)i);
        }

        for (; i < weight.Length; i++)
        {
            velocity[i] = (velocity[i] * momentum) - (weight[i] * decay) - (gradient[i] * rate);
            weight[i] += velocity[i];
        }
    }

    private static Span<T> BlockOf<T>(Tensor tensor, int from)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(tensor.bytes);
        return values.Slice(from, Math.Min(Block, values.Length - from));
    }

    /// <summary>Kernels lie in channels-last memory; their values in the order of memory are a contiguous view. A copy only of a gradient.</summary>
    private static Tensor InMemoryOrder(Tensor tensor) =>
        (tensor.dim() == 4 ? tensor.detach().permute(0, 2, 3, 1) : tensor.detach()).contiguous();

    private sealed record Update(Tensor Weight, Tensor Working, Tensor Velocity, Tensor Gradient, float Rate, float Decay);
}
