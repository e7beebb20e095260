/** The names that a set allows: `'a' | 'b' | OtherString` without what keeps it open; nothing for any other text. */
type Names<T> = T extends string ? (string extends T ? never : T) : never;
type IsAny<T> = 0 extends 1 & T ? true : false;

/** What a form holds where the declaration says `T`: all is text there. What cannot be told fits nothing. */
type Form<T> = IsAny<T> extends true
    ? never
    : [Names<T>] extends [never]
      ? FormEach<T>
      : Names<T> | FormEach<Exclude<T, string>>;
type FormEach<T> = T extends number
    ? `${number}`
    : T extends boolean
      ? `${boolean}`
      : T extends null
        ? ''
        : T extends string | undefined
          ? T
          : T extends (infer One)[]
            ? Form<One>[]
            : T extends object
              ? { [Name in keyof T]: Form<T[Name]> }
              : never;

/** The parameters of a method, which stand after as many ids as its path has. */
type Asked<Method, Ids extends number> = Method extends (...given: infer Given) => unknown
    ? Form<NonNullable<Given[Ids]>>
    : never;
