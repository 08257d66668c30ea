using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Tests.Shared;

/// <summary>Predictions written down by hand.</summary>
internal static class Answers
{
    /// <summary>Classes a, b, c, …; photographs 0.png, 1.png, ….</summary>
    public static Predictions Of(params (int Truth, float[] Probabilities)[] photographs) => new(
        [.. photographs[0].Probabilities.Select((_, index) => new ClassLabel(index, $"{(char)('a' + index)}", $"class {index}"))],
        [.. photographs.Select((photograph, place) => new Photograph($"{place}.png", photograph.Truth))],
        [.. photographs.Select(photograph => photograph.Truth)],
        [.. photographs.Select(photograph => photograph.Probabilities)]);
}
