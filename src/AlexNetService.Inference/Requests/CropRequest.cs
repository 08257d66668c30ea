using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// Asks a model about caller-supplied crops, any number of them. At most one run of them is in the queue at a time, so that other senders
/// wait for one run, not for all.
/// </summary>
public sealed class CropRequest : InferenceRequest
{
    private readonly ReadOnlyMemory<byte> tensor;
    private readonly ModelSession session;
    private int together;
    private int planned;

    /// <summary>
    /// Makes a request to one model. The tensor is the crops as the package's input tensor holds them: [N,3,crop,crop] or [N,crop,crop,3],
    /// bytes, or little-endian floats. It must not change until the request is answered.
    /// </summary>
    /// <exception cref="ArgumentException">There are several models, or the bytes are not a whole number of crops.</exception>
    public CropRequest(ReadOnlyMemory<byte> tensor, Ensemble ensemble)
        : base(ensemble, photograph: null)
    {
        (this.tensor, session) = (tensor, ensemble.Only);
        var (count, rest) = Math.DivRem(tensor.Length, session.TensorBytes);
        Count = count > 0 && rest == 0
            ? count
            : throw new ArgumentException(
                $"{tensor.Length} bytes are not a whole number of crops: '{session.Card.Name}' takes {session.TensorBytes} bytes a crop.");
    }

    /// <summary>Number of crops.</summary>
    public int Count { get; }

    /// <summary>What is wanted of each crop; default probabilities. Logits and features need a card that names them.</summary>
    public OutputKinds Outputs { get; init; } = OutputKinds.Probabilities;

    internal override bool HasMore => planned < Count;

    internal override int Plan(int limit)
    {
        Ensemble.Require(Outputs);
        return together = Math.Min(Count, Math.Min(session.MaxCropsPerRun, limit));
    }

    internal override CropJob[] Next()
    {
        var values = Values ??= new InferenceResult.Answered(Ensemble, Count, Outputs);
        var (first, count) = (planned, Math.Min(together, Count - planned));
        planned += count;
        var crops = tensor.Slice(first * session.TensorBytes, count * session.TensorBytes);
        return [new CropJob(this, session, crops, windows: null, areTensor: true, values.Of(0).Rows(first, count, session))];
    }
}
