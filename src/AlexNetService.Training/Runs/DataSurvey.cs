namespace AlexNetService.Training.Runs;

/// <summary>
/// What a run found in its data, before it learns: the classes by index, and in the findings what was left out and why, and what the user
/// should know, a sentence each.
/// </summary>
public sealed record DataSurvey(string DataSet, IReadOnlyList<ClassCount> Classes, IReadOnlyList<string> Findings)
{
    private const int FewOfAClass = 5;
    private const int FewHeldOut = 50;
    private const int Listed = 20;

    // Five classes of 100 small photographs diverged with the preset alexnet-cifar, and ended at 44 % error with a rate found by hand.
    // Many classes need fewer of each, because they share the hidden layers.
    private const int FewOfAClassFromNothing = 500;
    private const int FewFromNothing = 10_000;

    internal static DataSurvey Of(LabelledPhotographs source, TrainingData data, IEnumerable<string> findings)
    {
        var (learned, heldOut) = (Counts(data.Training), Counts(data.Validation));
        ClassCount[] classes =
        [
            .. source.Labels.Select(label => new ClassCount(
                label.Id, learned.GetValueOrDefault(label.Index), heldOut.GetValueOrDefault(label.Index))),
        ];
        var unreadable = data.Training.Unreadable.Concat(data.Validation.Unreadable).Select(reason => $"left out: {reason}").ToArray();
        return new DataSurvey(source.Name, classes, [.. findings, .. AtMost(unreadable), .. Warnings(classes)]);
    }

    /// <summary>A warning if the photographs are few for a network with random weights; otherwise null.</summary>
    public string? FewForRandomWeights()
    {
        var learned = Classes.Sum(counted => counted.Learned);
        return learned < Math.Min((long)FewOfAClassFromNothing * Classes.Count, FewFromNothing)
            ? $"{learned} photographs of {Classes.Count} classes are few for a network that begins with random weights. "
                + "--from begins with the weights of a trained network."
            : null;
    }

    private static Dictionary<int, int> Counts(Canvases canvases) =>
        canvases.Photographs.CountBy(photograph => photograph.Label).ToDictionary();

    private static string[] AtMost(string[] reasons) => reasons.Length <= Listed
        ? reasons
        : [.. reasons.Take(Listed), $"left out: {reasons.Length - Listed} more that cannot be read."];

    private static IEnumerable<string> Warnings(ClassCount[] classes)
    {
        var few = classes.Where(counted => counted.Learned + counted.HeldOut is > 0 and < FewOfAClass).ToArray();
        if (few.Length > 0)
        {
            var some = few.Select(one => $"'{one.Class}' ({one.Learned + one.HeldOut})");
            yield return $"fewer than {FewOfAClass} photographs: {Listing.Some([.. some], "more classes")}. "
                + "A network hardly learns such a class, and its error cannot be measured. Add photographs.";
        }

        var heldOut = classes.Sum(counted => counted.HeldOut);
        if (heldOut == 0)
        {
            yield return "no photograph is held out; errors are those of the photographs learned from.";
        }
        else if (heldOut < FewHeldOut)
        {
            yield return $"{heldOut} photographs are held out, too few to measure an error well: "
                + $"each is {100.0 / heldOut:F1} points of it.";
        }

        string[] unmeasured = [.. classes.Where(counted => counted is { Learned: > 0, HeldOut: 0 }).Select(one => $"'{one.Class}'")];
        if (heldOut > 0 && unmeasured.Length > 0)
        {
            yield return $"no photograph held out: {Listing.Some(unmeasured, "more classes")}. Errors of these classes are not measured.";
        }
    }
}

/// <summary>The photographs of a class.</summary>
public sealed record ClassCount(string Class, int Learned, int HeldOut);
