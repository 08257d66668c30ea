using System.Globalization;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Which weights an ensemble is measured with: <c>search</c>, a list, or what the cards say.</summary>
/// <param name="Search">Whether they are searched.</param>
/// <param name="Given">The list, summing to 1, or null.</param>
internal sealed record WeightChoice(bool Search, double[]? Given)
{
    /// <summary>What the cards say.</summary>
    public static WeightChoice Cards { get; } = new(Search: false, Given: null);

    /// <param name="text">What stands behind <c>--weights</c>, or null.</param>
    /// <param name="models">How many models there are.</param>
    /// <exception cref="InputException">It is neither <c>search</c> nor a usable number for each model.</exception>
    public static WeightChoice Parse(string? text, int models)
    {
        if (text is null)
        {
            return Cards;
        }

        if (models < 2)
        {
            throw new InputException("--weights belong to an ensemble; name two or more models.");
        }

        if (text == "search")
        {
            return new WeightChoice(Search: true, Given: null);
        }

        var numbers = text.Split(',').Select(part => Number(part, text)).ToArray();
        if (numbers.Length != models)
        {
            throw new InputException($"--weights has {numbers.Length} numbers for {models} models; give one for each, packages first.");
        }

        return numbers.Any(number => number < 0) || numbers.Sum() is not > 0
            ? throw new InputException("--weights must not be below 0, nor all 0.")
            : new WeightChoice(Search: false, [.. numbers.Select(number => number / numbers.Sum())]);
    }

    private static double Number(string part, string text) =>
        double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw new InputException($"--weights takes 'search' or numbers such as 0.6,0.4, not '{text}'.");
}
