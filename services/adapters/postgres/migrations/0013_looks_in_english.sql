-- A look in the story's language, and in English beside a Chinese one. The release before this one writes none, and reads none.
ALTER TABLE assets ADD COLUMN look_en text NOT NULL DEFAULT '';
