using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>Crops that were given as they are; each is answered by a row of its own.</summary>
internal sealed class GivenWork : CropWork
{
    private readonly GivenCrops given;

    /// <param name="session">The model.</param>
    /// <param name="given">The crops, at least one; must stay as they are until the work is done.</param>
    /// <param name="targets">Where the answers are written, a row a crop.</param>
    /// <exception cref="ArgumentException">
    /// The bytes are no whole number of crops, or the targets are not what the model gives for them.
    /// </exception>
    public GivenWork(ModelSession session, GivenCrops given, CropTargets targets)
        : base(session, given.Count(session), targets)
    {
        this.given = given;
        targets.Require(session, Crops);
    }

    public override void AddTo(CropRun run, int first, int count)
    {
        for (var crop = first; crop < first + count; crop++)
        {
            var bytes = given.Rows(crop, 1, Session).Bytes.Span;
            if (given.AreTensor)
            {
                run.AddTensor(bytes);
            }
            else
            {
                run.Add(bytes);
            }
        }
    }

    protected override void Read(int crop, ReadOnlySpan<float> row, Span<float> target) => row.CopyTo(target[(crop * row.Length)..]);

    protected override void Complete()
    {
    }
}
