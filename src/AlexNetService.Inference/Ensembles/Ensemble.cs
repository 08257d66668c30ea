using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Ensembles;

/// <summary>A model in an ensemble.</summary>
/// <param name="Session">The model, open; it belongs to whoever opened it.</param>
/// <param name="Weight">Its share in the mean, relative to the other members'; above 0.</param>
public sealed record EnsembleMember(ModelSession Session, double Weight)
{
    /// <summary>A member with the weight that its card names.</summary>
    /// <param name="session">The model, open; it belongs to whoever opened it.</param>
    public EnsembleMember(ModelSession session)
        : this(session, session.Card.EnsembleWeight ?? 1)
    {
    }
}

/// <summary>Models that answer together: the weighted mean of their probabilities. One model alone is an ensemble of one.</summary>
public sealed class Ensemble
{
    private readonly int[] summing;

    private Ensemble(IReadOnlyList<EnsembleMember> members)
    {
        Members = members;
        summing = [.. Enumerable.Range(0, members.Count).OrderBy(i => members[i].Session.Card.Name, StringComparer.Ordinal)];
        CanvasSides = [.. members.Select(member => member.Session.Card.Preprocessing.Canvas).Distinct()];
    }

    /// <summary>The members, in the order they were named.</summary>
    public IReadOnlyList<EnsembleMember> Members { get; }

    /// <summary>The classes that all members share.</summary>
    public IReadOnlyList<ClassLabel> Labels => Members[0].Session.Card.Labels;

    /// <summary>The distinct canvas sides of the members, in pixels: a photograph is decoded once for each.</summary>
    public IReadOnlyList<int> CanvasSides { get; }

    /// <summary>Puts members together, where they fit together.</summary>
    /// <param name="members">At least one member. One that is named twice counts once.</param>
    public static EnsembleResult Of(IReadOnlyList<EnsembleMember> members)
    {
        members = [.. members.Distinct()];
        if (members.Count == 0)
        {
            return new EnsembleResult(null, "An ensemble needs at least one model.");
        }

        if (members.FirstOrDefault(member => !(member.Weight > 0) || !double.IsFinite(member.Weight)) is { } weightless)
        {
            return new EnsembleResult(null, $"The weight {weightless.Weight} of '{weightless.Session.Card.Name}' must be above 0.");
        }

        if (members.CountBy(member => member.Session).FirstOrDefault(model => model.Value > 1) is { Key.Card.Name: var twice })
        {
            return new EnsembleResult(null, $"'{twice}' is named more than once and with different weights. Name it once.");
        }

        var first = members[0].Session.Card;
        if (members.FirstOrDefault(member => !ClassLabel.AreSame(member.Session.Card.Labels, first.Labels)) is { } stranger)
        {
            var other = stranger.Session.Card;
            return new EnsembleResult(
                null,
                $"'{first.Name}' ({first.Labels.Count} classes) and '{other.Name}' ({other.Labels.Count} classes) have different labels "
                + "and cannot answer together. Name models with the same labels.");
        }

        return new EnsembleResult(new Ensemble(members), null);
    }

    /// <summary>
    /// Classifies photographs on the calling thread, for tools that have no queue. Photographs given together share runs.
    /// </summary>
    /// <param name="pictures">The photographs, decoded for <see cref="CanvasSides"/>.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <returns>For each photograph [classes], summing to 1.</returns>
    public float[][] Probabilities(IReadOnlyList<PictureCanvases> pictures, TestViews views)
    {
        var (members, classes) = (Members.Count, Labels.Count);
        var (byMember, batch) = (new float[pictures.Count][], new CropBatch(TimeProvider.System, meters: null));
        for (var picture = 0; picture < byMember.Length; picture++)
        {
            byMember[picture] = new float[members * classes];
        }

        for (var i = 0; i < members && pictures.Count > 0; i++)
        {
            var (member, first) = (Members[i], i * classes);
            batch.Run(
                [.. pictures.Select((picture, p) => Work(member, picture, views, byMember[p].AsMemory(first, classes)))],
                TimeProvider.System.GetTimestamp());
        }

        return [.. byMember.Select(answers =>
        {
            var mean = new float[classes];
            Mean(answers, mean);
            return mean;
        })];
    }

    /// <summary>
    /// Weighted mean over the members of one photograph; the same to the last bit in whatever order the members were named.
    /// </summary>
    /// <param name="byMember">[members,classes], members in order.</param>
    /// <param name="mean">[classes], written whole.</param>
    public void Mean(ReadOnlySpan<float> byMember, Span<float> mean)
    {
        var total = summing.Sum(member => Members[member].Weight);
        for (var index = 0; index < mean.Length; index++)
        {
            var sum = 0.0;
            foreach (var member in summing)
            {
                sum += Members[member].Weight * byMember[(member * mean.Length) + index];
            }

            mean[index] = (float)(sum / total);
        }
    }

    /// <summary>One photograph's crops, for each member as its own card wants them.</summary>
    /// <param name="picture">The photograph; must stay until the works are done.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="byMember">[members,classes], where the works write.</param>
    internal CropWork[] Works(PictureCanvases picture, TestViews views, Memory<float> byMember)
    {
        var works = new CropWork[Members.Count];
        for (var i = 0; i < works.Length; i++)
        {
            works[i] = Work(Members[i], picture, views, byMember.Slice(i * Labels.Count, Labels.Count));
        }

        return works;
    }

    private static CanvasWork Work(EnsembleMember member, PictureCanvases picture, TestViews views, Memory<float> probabilities)
    {
        var input = member.Session.Card.Preprocessing;
        return new CanvasWork(
            member.Session, picture[input.Canvas], views.Windows(input), new CropTargets { Probabilities = probabilities });
    }
}

/// <summary>Whether models fit together: exactly one of the two is there.</summary>
/// <param name="Ensemble">The ensemble, where they do.</param>
/// <param name="Reason">Why not and what to do, a sentence, where they do not.</param>
public readonly record struct EnsembleResult(Ensemble? Ensemble, string? Reason);
