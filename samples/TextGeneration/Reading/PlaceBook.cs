namespace TextGeneration.Reading;

/// <summary>
/// Our own data: places of an imaginary town as meaning representations in E2E's form, and sentences that say them, put together from
/// templates. The same seed gives the same rows; no meaning is in both the training and the test rows.
/// </summary>
internal static class PlaceBook
{
    private const int ReferencesPerTest = 3;

    private static readonly string[] Names =
    [
        "The Copper Kettle", "Harbour Light", "The Old Mill", "Willow Garden", "The Blue Lantern", "Stone Bridge", "The Silver Fox", "Maple House",
        "The Quiet Corner", "Green Gate", "The Sailor's Rest", "Rose Court", "The Iron Horse", "Lake View", "The Golden Hour", "Fern Hill",
    ];

    private static readonly string[] Kinds = ["café", "museum", "bookshop", "hotel", "bakery", "theatre", "gallery", "pub"];
    private static readonly string[] Prices = ["cheap", "moderate", "expensive"];
    private static readonly string[] Ratings = ["low", "average", "high"];
    private static readonly string[] Areas = ["old town", "riverside", "city centre", "market square"];

    private static readonly string[] Openings =
    [
        "{name} is a {price} {kind} {area}", "{area:C} there is a {price} {kind} called {name}", "A {price} {kind} {area} is {name}", "{name}, a {price} {kind}, can be found {area}",
    ];

    /// <summary>Rows to train on and rows to test on; the latter's meanings come several times, with other sentences.</summary>
    public static (List<Utterance> Train, List<Utterance> Test) Write(int seed, int trainMeanings = 360, int testMeanings = 60)
    {
        var random = new Random(seed);
        var places = (from name in Names from kind in Kinds from price in Prices from rating in Ratings from area in Areas select new Place(name, kind, price, rating, area)).ToArray();
        random.Shuffle(places);
        var described = places[..(trainMeanings + testMeanings)].Select(place => place with { Near = random.Next(2) == 0 ? null : Other(place, random), IsForFamilies = random.Next(3) is var kind && kind < 2 ? kind == 0 : null }).ToList();
        List<Utterance> train = [.. described[..trainMeanings].SelectMany(place => Sentences(place, random, 2))];
        return (train, [.. described[trainMeanings..].SelectMany(place => Sentences(place, random, ReferencesPerTest))]);
    }

    private static string Other(Place place, Random random)
    {
        var others = Names.Where(name => name != place.Name).ToArray();
        return others[random.Next(others.Length)];
    }

    private static IEnumerable<Utterance> Sentences(Place place, Random random, int count)
    {
        for (var i = 0; i < count; i++)
            yield return new Utterance { Meaning = place.Meaning, Sentence = Sentence(place, random) };
    }

    private static string Sentence(Place place, Random random)
    {
        var area = place.Area switch { "riverside" => "at the riverside", "market square" => "on the market square", var other => $"in the {other}" };
        if (place.Near is not null)
            area += $" near {place.Near}";
        var opening = Openings[random.Next(Openings.Length)]
            .Replace("{name}", place.Name, StringComparison.Ordinal)
            .Replace("{price}", place.Price switch { "moderate" => "moderately priced", var other => other }, StringComparison.Ordinal)
            .Replace("{kind}", place.Kind, StringComparison.Ordinal)
            .Replace("{area:C}", char.ToUpperInvariant(area[0]) + area[1..], StringComparison.Ordinal)
            .Replace("{area}", area, StringComparison.Ordinal)
            .Replace("A expensive", "An expensive", StringComparison.Ordinal).Replace("a expensive", "an expensive", StringComparison.Ordinal);
        var rating = place.Rating switch
        {
            "high" => random.Next(2) == 0 ? "Its guests like it very much" : "It is rated highly",
            "low" => random.Next(2) == 0 ? "Its guests do not like it" : "It is rated low",
            _ => random.Next(2) == 0 ? "Its guests find it average" : "Its rating is average",
        };
        var families = place.IsForFamilies switch { true => " and children are welcome", false => " and it is not a place for children", null => "" };
        return $"{opening}. {rating}{families}.";
    }

    private sealed record Place(string Name, string Kind, string Price, string Rating, string Area)
    {
        public string? Near { get; init; }

        public bool? IsForFamilies { get; init; }

        public string Meaning => string.Join(", ", new[]
        {
            $"name[{Name}]", $"kind[{Kind}]", $"price[{Price}]", $"rating[{Rating}]", $"area[{Area}]",
            IsForFamilies is { } families ? $"families[{(families ? "yes" : "no")}]" : null, Near is null ? null : $"near[{Near}]",
        }.OfType<string>());
    }
}
