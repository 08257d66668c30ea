using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Local response normalisation and its gradient, each in one pass over memory, for channels-last maps on a CPU. The pass is parallel
/// over positions, with as many threads as torch uses on the calling thread.
/// </summary>
internal sealed class FusedResponseNormalisation : autograd.SingleTensorFunction<FusedResponseNormalisation>
{
    /// <summary>The paper's power, the only one that two square roots compute.</summary>
    private const double Beta = 0.75;

    /// <summary>Values per thread; with fewer, another thread costs more than it saves.</summary>
    private const long WorthAThread = 1 << 16;

    public override string Name => nameof(FusedResponseNormalisation);

    public static bool Takes(LocalResponseNormalisation layer, ScalarType type) =>
        layer.Beta == Beta && type is ScalarType.Float32 or ScalarType.BFloat16;

    /// <summary>[N,maps,H,W] float32 or bfloat16 on the CPU, in any memory order → the same shape, channels-last.</summary>
    public static Tensor Of(LocalResponseNormalisation layer, Tensor input) =>
        is_grad_enabled() && input.requires_grad ? apply(input, new ResponseRow(layer)) : Normalised(input, new ResponseRow(layer));

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, row) = ((Tensor)vars[0], (ResponseRow)vars[1]);
        ctx.save_for_backward([input]);
        ctx.save_data(nameof(ResponseRow), row);
        return Normalised(input, row);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var input = Rows(ctx.get_saved_variables()[0]);
        var gradient = Rows(grad_output);
        var result = empty_like(input);
        Action<Tensor, Tensor, Tensor, ResponseRow> pass = input.dtype == ScalarType.BFloat16 ? Gradient<ushort> : Gradient<float>;
        pass(input, gradient, result, (ResponseRow)ctx.get_data(nameof(ResponseRow)));
        return [result.permute(0, 3, 1, 2).MoveToOuterDisposeScope(), null!];
    }

    private static Tensor Normalised(Tensor input, ResponseRow row)
    {
        using var scope = NewDisposeScope();
        var values = Rows(input.detach());
        var result = empty_like(values);
        Action<Tensor, Tensor, ResponseRow> pass = values.dtype == ScalarType.BFloat16 ? Normalise<ushort> : Normalise<float>;
        pass(values, result, row);
        return result.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    private static void Normalise<T>(Tensor input, Tensor output, ResponseRow row)
        where T : unmanaged
    {
        var (x, y) = (Values<T>.Of(input), Values<T>.Of(output));
        EachRange(input, (range, maps) => row.Normalise<T>(x[range], y[range], maps));
    }

    private static void Gradient<T>(Tensor input, Tensor gradient, Tensor output, ResponseRow row)
        where T : unmanaged
    {
        var (x, g, dx) = (Values<T>.Of(input), Values<T>.Of(gradient), Values<T>.Of(output));
        EachRange(input, (range, maps) => row.Gradient<T>(x[range], g[range], dx[range], maps));
    }

    /// <summary>
    /// [N,maps,H,W] → [N,H,W,maps], contiguous; a row is all maps at one position. A view if memory is already channels-last.
    /// </summary>
    private static Tensor Rows(Tensor maps) => maps.permute(0, 2, 3, 1).contiguous();

    private static void EachRange(Tensor rows, Action<Range, int> work)
    {
        var (maps, values) = ((int)rows.shape[3], rows.numel());
        var count = (int)(values / maps);
        var parts = (int)Math.Clamp(values / WorthAThread, 1, get_num_threads());
        void Part(int part) => work(((int)((long)count * part / parts) * maps)..((int)((long)count * (part + 1) / parts) * maps), maps);
        if (parts == 1)
        {
            Part(0);
        }
        else
        {
            Parallel.For(0, parts, Part);
        }
    }

    /// <summary>A tensor's values in a form that a lambda can capture; the tensor must outlive it.</summary>
    private readonly unsafe struct Values<T>(T* start)
        where T : unmanaged
    {
        private readonly T* start = start;

        public Span<T> this[Range values] => new(start + values.Start.Value, values.End.Value - values.Start.Value);

        public static Values<T> Of(Tensor tensor)
        {
            // Native memory does not move, so the pointer stays valid after the block.
            fixed (byte* first = tensor.bytes)
            {
                return new Values<T>((T*)first);
            }
        }
    }
}
